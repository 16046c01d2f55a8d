"""What viewers cost the program: scripts/bench frames [--rounds N] [--window S] [--json FILE]

A worker with one speaker on air encodes 1280x720 at 30 fps, in turns without viewers and with 3,000 keep-alive
connections straight to it, half of which wait for each next playlist and half for each next part (80 kB). Of every
frame the encoder's own log says when it came out; printed is how much later that was, counted from its timestamp,
than for the promptest frame of all, and the interval between one frame and the next.

The viewers run at the lowest priority, as they have machines of their own, but on the same cores.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile
import time

os.environ.setdefault("SPACECAST_SOURCE", str(pathlib.Path(__file__).resolve().parents[2]))
os.environ.setdefault("SPACECAST_BUILD", os.environ["SPACECAST_SOURCE"] + "/build")
sys.path.insert(0, os.environ["SPACECAST_SOURCE"] + "/tests/integration")
from crowd import Crowd, allow_descriptors  # noqa: E402
from rig import SETTLE_S, SPACECAST, Process, machine_busy_s, wait_for  # noqa: E402
from worker import Worker  # noqa: E402

VIEWERS = 3000
OUTPUT = re.compile(r"^(\d+):(\d\d):(\d\d\.\d+) .* output: dts \d+ pts (\d+)$", re.MULTILINE)
COLUMNS = ("p50", "p95", "p99", "max")


def read_log(log):
    """(time, timestamp) of each frame so far, in seconds."""
    return [(3600 * int(h) + 60 * int(m) + float(s), int(pts) / 1e9)
            for h, m, s, pts in OUTPUT.findall(log.read_text(errors="replace"))]


def watch(worker, viewers, window_s):
    """One window; the part of the machine that was busy."""
    if not viewers:
        busy, begin = machine_busy_s(), time.monotonic()
        time.sleep(window_s)
        return 100 * (machine_busy_s() - busy) / (time.monotonic() - begin)
    with Crowd(worker, viewers) as crowd:
        crowd.wait_for_part()
        busy, begin = machine_busy_s(), time.monotonic()
        while time.monotonic() - begin < window_s:
            if crowd.wait_for_part() != viewers:
                sys.exit("bench: not all viewers were answered")
        return 100 * (machine_busy_s() - busy) / (time.monotonic() - begin)


def quantiles(values):
    values = sorted(values)
    return {"p50": values[len(values) // 2], "p95": values[int(0.95 * len(values))],
            "p99": values[int(0.99 * len(values))], "max": values[-1]}


def summarise(windows):
    promptest = min(time - pts for frames in windows.values() for window in frames for time, pts in window)
    return {count: {"frames": sum(map(len, frames)),
                    "late_ms": quantiles([1000 * (time - pts - promptest) for window in frames for time, pts in window]),
                    "interval_ms": quantiles([1000 * (b[0] - a[0]) for window in frames
                                              for a, b in zip(window, window[1:])])}
            for count, frames in windows.items()}


def print_table(results):
    print(f"\n{'viewers':>8} {'frames':>8}   {'later than the promptest frame, ms':^36}   {'from frame to frame, ms':^36} {'machine':>8}")
    print(f"{'':18}" + 2 * ("  " + "".join(f"{column:>9}" for column in COLUMNS)))
    for count, result in results.items():
        cells = ("".join(f"{result[what][column]:9.1f}" for column in COLUMNS) for what in ("late_ms", "interval_ms"))
        print(f"{count:8,} {result['frames']:8,}  " + "  ".join(cells) + f"{result['machine']:7.0f} %")
    if max(result["machine"] for result in results.values()) > 92 * os.cpu_count():
        print("\nThe machine was full at times: what is late then may be so for want of a core.")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench frames", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--window", type=float, default=20, metavar="S")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.window <= 0:
        parser.error("rounds and window must be positive")

    allow_descriptors()
    windows, busy = {0: [], VIEWERS: []}, {0: [], VIEWERS: []}
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "encoder.log")
        with Worker(GST_DEBUG="x264enc:6", GST_DEBUG_FILE=str(log), GST_DEBUG_NO_COLOR="1") as worker:
            worker.wait_ready()
            speaker = Process(pathlib.Path(folder, "speaker.log"), SPACECAST, "speaker", worker.addresses["stage"],
                              "--audio", "tone", "--video", "test", "--ice-address", "127.0.0.1")
            try:
                wait_for("the speaker", [speaker], lambda: speaker.printed("connected"))
                time.sleep(SETTLE_S)
                for number in range(arguments.rounds):
                    for count in windows:
                        print(f"round {number + 1} of {arguments.rounds}: {count} viewers", file=sys.stderr)
                        before = len(read_log(log))
                        busy[count].append(watch(worker, count, arguments.window))
                        windows[count].append(read_log(log)[before:])
                        time.sleep(1)
                skipped = worker.metric("spacecast_program_skipped_pictures_total")
            finally:
                speaker.end()
    results = summarise(windows)
    for count, shares in busy.items():
        results[count]["machine"] = max(shares)
    print_table(results)
    print(f"\nPictures left out: {skipped:.0f}.")
    if arguments.json:
        arguments.json.write_text(json.dumps({"cores": os.cpu_count(), "window_s": arguments.window, "skipped": skipped,
                                              "viewers": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
