"""Checks a live LL-HLS presentation: check.py http://HOST:PORT/…/master.m3u8

Plays it for a while, prints what each rule found and exits with 0 if none failed. `--require R29,R43` also fails
rules that this presentation gives nothing to judge (absent).
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hlscheck import catalogue, report
from hlscheck.record import record
from hlscheck.recording import Recording
from hlscheck.rules import judge_all


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("url", nargs="?", help="the multivariant playlist")
    parser.add_argument("--duration", type=float, default=30, help="seconds to play")
    parser.add_argument("--save", type=Path, help="keep the recording in this file")
    parser.add_argument("--from", dest="source", type=Path, help="judge a recording instead of a URL")
    parser.add_argument("--require", default="", help="rules that must have something to judge")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if (options.url is None) == (options.source is None):
        parser.error("one of a URL and --from")
    recording = Recording.load(options.source) if options.source else record(options.url, options.duration)
    if options.save:
        recording.save(options.save)
    assert catalogue.MODULES
    verdicts = judge_all(recording)
    required = {name.strip() for name in options.require.split(",") if name.strip()}
    for verdict in verdicts:
        if verdict.status == "absent" and verdict.rule.name in required:
            verdict.status = "not seen"
    print(report.as_json(verdicts) if options.json else report.table(verdicts))
    return any(verdict.failed for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
