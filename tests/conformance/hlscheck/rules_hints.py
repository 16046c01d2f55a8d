"""R66-R70, R83: hinted parts and what is listed can be had at once, and whole."""
from __future__ import annotations

from statistics import median
from urllib.parse import urljoin

from .presentation import Presentation
from .recording import Exchange
from .rules import MUST, OPERATIONAL, PROFILE, Judge, rule

LOOPBACK_S = 0.05  # Generous for a request over loopback, far below a part.


@rule(66, MUST, "4.4.5.3", "what is hinted is what comes next")
def r66(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for a, b in zip(r.low_latency, r.low_latency[1:]):
            hint = a.playlist.hints.get("PART")
            new = [part.uri for segment, i, part in b.playlist.parts if (segment.msn, i) > a.playlist.edge]
            if hint and new:
                judge(urljoin(r.url, hint) == urljoin(r.url, new[0]), f"{b.where}: {new[0]} came, hinted was {hint}")


@rule(67, PROFILE, "B.1", "a hint of the next EXT-X-MAP where it changes")
def r67(p: Presentation, judge: Judge) -> str | None:
    for r in p.played:
        polled = [p.parse(e) for e in p.probes("poll") if e.path == r.url and e.status == 200]
        for a, b in zip(r.low_latency, r.low_latency[1:]):
            if not (a.playlist.segments and b.playlist.segments):
                continue
            old, new = a.playlist.segments[-1].map, b.playlist.segments[-1].map
            if old != new:
                # The encoder may have changed after `a`: what was served before the next part counts.
                between = [a.playlist] + [x for x in polled if x.edge == a.playlist.edge]
                judge(any(x.hints.get("MAP") == new for x in between), f"{b.where}: EXT-X-MAP {new} was not hinted")
    return "EXT-X-MAP never changed"


def hinted(p: Presentation) -> list[Exchange]:
    return list(p.recording.of("hint"))


@rule(68, MUST, "6.2.6", "a hinted part can be asked for at once and comes with its publication")
def r68(p: Presentation, judge: Judge) -> None:
    gaps = {part.url for r in p.played for part in r.parts if part.part.gap}
    for e in hinted(p):
        # A part that turns out to be missing (GAP) has no bytes.
        wanted = 404 if e.url in gaps else 200
        judge(e.status == wanted, f"{e.file}: hinted, then {e.status} {e.reason}")
    for r in p.played:
        published = {part.url: r.published.get(part.key) for part in r.parts}
        lags = [e.t_last_byte - listed.t_last_byte for e in hinted(p)
                if e.status == 200 and (listed := published.get(e.url)) is not None]
        if lags:
            judge(median(lags) <= p.part_target / 2, f"{r.uri}: hinted parts come {median(lags):.3f} s after the "
                  "playlist that lists them (median)")


@rule(69, MUST, "6.2.6", "no byte of a part before all of it")
def r69(p: Presentation, judge: Judge) -> None:
    spreads = [e.t_last_byte - e.t_headers for e in hinted(p) if e.status == 200]
    if spreads:
        limit = max(LOOPBACK_S, p.part_target / 8)
        judge(median(spreads) <= limit,
              f"{median(spreads):.3f} s from header to last byte (median), limit {limit:.3f} s")
        # A part sent while it is made takes its own duration to arrive.
        slow = sum(spread >= p.part_target * 0.8 for spread in spreads)
        judge(slow * 20 <= len(spreads), f"{slow} of {len(spreads)} hinted parts took a part's duration to arrive")


@rule(70, MUST, "6.2.1", "what a playlist lists can be had at once")
def r70(p: Presentation, judge: Judge) -> None:
    fetched = list(p.recording.of("part", "segment", "init", "iframe"))
    for e in fetched:
        judge(e.status in (200, 206), f"{e.file}: listed, then {e.status} {e.reason}")
    waits = [e.t_first_byte - e.t_request for e in fetched if e.status in (200, 206)]
    if waits:
        judge(median(waits) <= LOOPBACK_S, f"first byte after {median(waits):.3f} s (median)")


@rule(83, OPERATIONAL, "-", "all who wait for an update have it before the next")
def r83(p: Presentation, judge: Judge) -> None:
    waiting = [e for e in p.probes("crowd") if "_HLS_msn" in e.query and e.status == 200]
    if waiting:
        times = [e.t_first_byte for e in waiting]
        spread = median(times) - min(times)
        judge(spread <= p.part_target,
              f"half of {len(times)} waiting requests were answered {spread:.3f} s after the first")
