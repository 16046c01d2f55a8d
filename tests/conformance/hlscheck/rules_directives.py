"""R21, R74-R81, R88: delivery directives."""
from __future__ import annotations

from urllib.parse import parse_qs

from .playlist import MediaPlaylist
from .presentation import Presentation
from .recording import Exchange
from .rules import MUST, OPERATIONAL, SHOULD, Judge, rule
from .rules_headers import AT_ONCE_S, took


def has_part(playlist: MediaPlaylist, msn: int, part: int) -> bool:
    """The playlist lists that part or a later one. Past the end of a complete segment means the next one's first."""
    for segment in playlist.segments:
        if segment.msn == msn and segment.uri and segment.parts and part >= len(segment.parts):
            return playlist.edge >= (msn + 1, 0)
    return playlist.next > (msn, part)


@rule(21, OPERATIONAL, "6.3.2", "directives are understood in any order")
def r21(p: Presentation, judge: Judge) -> None:
    for group in p.groups("permutation"):
        bodies: dict[tuple[int, int], set[str]] = {}
        for e in group:
            judge(e.status == 200, f"{e.file}: {e.status}")
            text = "\n".join(line for line in e.text.splitlines() if not line.startswith("#EXT-X-RENDITION-REPORT"))
            bodies.setdefault(p.parse(e).edge, set()).add(text)
        judge(all(len(texts) == 1 for texts in bodies.values()), "the order of directives changes the answer")


@rule(74, MUST, "6.2.5.2", "_HLS_msn alone waits for the whole segment")
def r74(p: Presentation, judge: Judge) -> None:
    for e in p.probes("msn-alone") + p.probes("msn-ahead"):
        if judge(e.status == 200, f"{e.file}: {e.status} {e.reason}"):
            complete = p.parse(e).complete
            last = complete[-1].msn if complete else -1
            judge(last >= e.note["msn"], f"{e.file}: answered with segments up to {last}")


@rule(75, MUST, "6.2.5.2", "_HLS_msn and _HLS_part wait for that part")
def r75(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("playlist"):
        wanted = parse_qs(e.query)
        if e.status == 200 and "_HLS_part" in wanted and not p.parse(e).ended:
            msn, part = int(wanted["_HLS_msn"][0]), int(wanted["_HLS_part"][0])
            judge(has_part(p.parse(e), msn, part), f"{e.file}: answered with parts up to {p.parse(e).edge}")


@rule(76, MUST, "6.2.5.2", "a part beyond the last of its segment is the first of the next")
def r76(p: Presentation, judge: Judge) -> None:
    for e in p.probes("past-complete") + p.probes("past-progress"):
        if judge(e.status == 200, f"{e.file}: {e.status} {e.reason}"):
            judge(p.parse(e).edge >= (e.note["msn"] + 1, 0), f"{e.file}: answered with parts up to {p.parse(e).edge}")


@rule(77, MUST, "6.2.5.2", "the entire playlist, also for what is old or gone")
def r77(p: Presentation, judge: Judge) -> None:
    for e in p.probes("old-msn"):
        if judge(e.status == 200, f"{e.file}: {e.status}"):
            playlist = p.parse(e)
            judge(len(playlist.complete) > 1 and playlist.skipped == 0, f"{e.file}: {len(playlist.complete)} segments")
            judge(took(e) < AT_ONCE_S, f"{e.file}: answered after {took(e):.2f} s")


def refused_at_once(judge: Judge, exchanges: list[Exchange]) -> None:
    for e in exchanges:
        judge(e.status == 400, f"{e.file}: {e.status} {e.reason}, not 400")
        judge(took(e) < AT_ONCE_S, f"{e.file}: answered after {took(e):.2f} s")


@rule(78, SHOULD, "6.2.5.2", "more than two segments ahead is 400, two are waited for")
def r78(p: Presentation, judge: Judge) -> None:
    refused_at_once(judge, p.probes("msn-too-far"))
    for e in p.probes("msn-ahead"):
        judge(e.status != 400, f"{e.file}: 400, though only two segments beyond the last")


@rule(79, SHOULD, "6.2.5.2", "a part beyond the advance part limit is 400")
def r79(p: Presentation, judge: Judge) -> None:
    refused_at_once(judge, p.probes("part-too-far"))


@rule(80, MUST, "6.2.5.2", "_HLS_part without _HLS_msn is 400")
def r80(p: Presentation, judge: Judge) -> None:
    refused_at_once(judge, p.probes("part-alone"))


@rule(81, OPERATIONAL, "-", "directives that are no numbers are 400")
def r81(p: Presentation, judge: Judge) -> None:
    refused_at_once(judge, p.probes("wrong-directive"))


@rule(88, OPERATIONAL, "App. C", "tuning in behind a cache: the part that its age makes expected can be waited for")
def r88(p: Presentation, judge: Judge) -> None:
    for e in p.probes("tune-in"):
        if judge(e.status == 200, f"{e.file}: {e.status} {e.reason}"):
            judge(has_part(p.parse(e), e.note["msn"], e.note["part"]), f"{e.file}: answered with {p.parse(e).edge}")
