"""R37, R43-R45, R49: what is removed, when, and how long it stays available."""
from __future__ import annotations

from .presentation import Presentation
from .rules import MUST, SHOULD, Judge, rule
from .rules_mutation import pairs

SEGMENTS_MIN = 6  # AAS 8.11.
NO_REMOVAL = "no segment left a playlist while it was recorded: its window is longer than that"


@rule(37, MUST, "6.2.2, AAS 8.11", "never fewer than 3 target durations or 6 segments after a removal")
def r37(p: Presentation, judge: Judge) -> str | None:
    for _, a, b in pairs(p):
        if b.playlist.media_sequence > a.playlist.media_sequence:
            judge(b.playlist.length >= 3 * p.target and len(b.playlist.complete) >= SEGMENTS_MIN,
                  f"{b.where}: {len(b.playlist.complete)} segments of {b.playlist.length:.1f} s are left")
    return NO_REMOVAL


@rule(43, MUST, "6.2.2", "a removed segment stays available for its duration and that of the longest playlist")
def r43(p: Presentation, judge: Judge) -> str | None:
    for e in p.recording.of("late-segment"):
        judge(e.status == 200, f"{e.file}: {e.status} after its removal from the playlist")
    return None if p.removal_seen else NO_REMOVAL


@rule(44, MUST, "6.2.2", "a removed part stays available for 3 target durations")
def r44(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("late-part"):
        judge(e.status == 200, f"{e.file}: {e.status} after its removal from the playlist")


@rule(45, SHOULD, "6.2.2", "parts are listed for 3 target durations, and not much longer")
def r45(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for s in r.low_latency:
            # Age of each segment's end, from the end of the playlist.
            end = 0.0
            for segment in reversed(s.playlist.segments):
                if segment.parts:
                    judge(end <= 3 * p.target, f"{s.where}: lists parts of {segment.msn}, which ended {end:.2f} s ago")
                else:
                    judge(end >= 2 * p.target or segment.gap,
                          f"{s.where}: lists no parts of {segment.msn}, which ended {end:.2f} s ago")
                end += segment.length


@rule(49, MUST, "6.2.1, 4.4.5.3", "after EXT-X-ENDLIST: no hint, and in all playlists")
def r49(p: Presentation, judge: Judge) -> str | None:
    ended = [(r, s) for r, s in p.snapshots if s.playlist.ended]
    if not ended:
        return "the presentation went on (drills_test.py ends one)"
    for _, s in ended:
        judge(not s.playlist.hints, f"{s.where}: EXT-X-ENDLIST and EXT-X-PRELOAD-HINT")
    for r in p.renditions:
        judge(any(r is other for other, _ in ended), f"{r.uri}: no EXT-X-ENDLIST, others have it")
    return None
