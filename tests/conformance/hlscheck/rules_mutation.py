"""R29-R31, R38-R41, R46: how a media playlist may change from one response to the next."""
from __future__ import annotations

from statistics import median
from typing import Iterator

from .playlist import MediaPlaylist, Segment
from .presentation import Presentation, Rendition, Snapshot
from .rules import MUST, Judge, rule

# Header tags that change with every update, or may (§6.2.1); all others stay as they are.
CHANGING = {"EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-MAP", "EXTINF",
            "EXT-X-PART", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-DISCONTINUITY", "EXT-X-GAP", "EXT-X-BYTERANGE",
            "EXT-X-BITRATE", "EXT-X-PRELOAD-HINT", "EXT-X-RENDITION-REPORT", "EXT-X-DATERANGE"}


def pairs(p: Presentation) -> Iterator[tuple[Rendition, Snapshot, Snapshot]]:
    """Successive responses of each playlist."""
    for r in p.renditions:
        for a, b in zip(r.snapshots, r.snapshots[1:]):
            yield r, a, b


def header(playlist: MediaPlaylist) -> dict[str, str]:
    return {tag.name: tag.value for tag in playlist.tags if tag.name not in CHANGING}


def fixed(segment: Segment) -> dict[str, object]:
    """What never changes of a segment once it is listed with its EXTINF."""
    return {"MAP": segment.map, "GAP": segment.gap, "EXTINF": segment.duration_text,
            "DISCONTINUITY": segment.discontinuity, "PROGRAM-DATE-TIME": segment.date_text}


@rule(29, MUST, "4.4.3.2, 6.2.2", "EXT-X-MEDIA-SEQUENCE counts removed segments and never goes back")
def r29(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        tags = s.playlist.all("EXT-X-MEDIA-SEQUENCE")
        first = s.playlist.segments[0] if s.playlist.segments else None
        before = first is None or not tags or all(line > tags[0].line for line in first.own_lines.values())
        judge(len(tags) == 1 and before, f"{s.where}: EXT-X-MEDIA-SEQUENCE missing or behind a segment")
    for _, a, b in pairs(p):
        judge(b.playlist.media_sequence >= a.playlist.media_sequence,
              f"{b.where}: EXT-X-MEDIA-SEQUENCE {b.playlist.media_sequence} after {a.playlist.media_sequence}")


@rule(30, MUST, "6.3.4", "a media sequence number always has the same URI")
def r30(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        known: dict[object, tuple[str, object]] = {}
        for s in r.snapshots:
            for segment in s.playlist.complete:
                name = (segment.uri, segment.byte_range)
                before = known.setdefault(segment.msn, name)
                judge(before == name, f"{s.where}: segment {segment.msn} is {name}, was {before}")
            for segment, index, part in s.playlist.parts:
                before = known.setdefault((segment.msn, index), (part.uri, None))
                judge(before[0] == part.uri, f"{s.where}: part {segment.msn}.{index} is {part.uri}, was {before[0]}")


@rule(31, MUST, "4.4.3.3, 6.2.2, 6.2.4", "EXT-X-DISCONTINUITY-SEQUENCE is there from the start and counts right")
def r31(p: Presentation, judge: Judge) -> None:
    by_date: dict[int, tuple[str, int]] = {}
    for r in p.renditions:
        known: dict[int, int] = {}
        for s in r.snapshots:
            tag = s.playlist.one("EXT-X-DISCONTINUITY-SEQUENCE")
            lines = [line for segment in s.playlist.segments[:1] for line in segment.own_lines.values()]
            judge(tag is not None and all(line > tag.line for line in lines) and tag.value.isdigit(),
                  f"{s.where}: EXT-X-DISCONTINUITY-SEQUENCE missing or behind a segment")
            for segment in s.playlist.segments:
                before = known.setdefault(segment.msn, segment.dsn)
                judge(before == segment.dsn, f"{s.where}: segment {segment.msn} has discontinuity sequence "
                      f"{segment.dsn}, had {before}")
        for segment in r.complete:
            if segment.date is None:
                continue
            # Of segments that play at the same time, to the second: renditions start within one.
            uri, dsn = by_date.setdefault(round(segment.date), (r.uri, segment.dsn))
            judge(dsn == segment.dsn, f"{r.uri} has discontinuity sequence {segment.dsn} where {uri} has {dsn}, "
                  f"at {segment.date_text}")


@rule(38, MUST, "6.2.1", "nothing but the allowed changes: append at the end, remove at the beginning")
def r38(p: Presentation, judge: Judge) -> None:
    for _, a, b in pairs(p):
        for name, value in header(a.playlist).items():
            now = header(b.playlist).get(name)
            judge(now == value, f"{b.where}: #{name} was {value!r}, is {now!r}")
        old = {segment.msn: segment for segment in a.playlist.complete}
        for segment in b.playlist.complete:
            if segment.msn not in old:
                continue
            was, now_fixed = fixed(old[segment.msn]), fixed(segment)
            if segment.msn == b.playlist.media_sequence:
                del was["DISCONTINUITY"], now_fixed["DISCONTINUITY"]  # The first one's may have gone into the count.
            judge(was == now_fixed, f"{b.where}: segment {segment.msn} was {was}, is {now_fixed}")
        parts = {(segment.msn, i): part.text for segment, i, part in a.playlist.parts}
        for segment, i, part in b.playlist.parts:
            before = parts.get((segment.msn, i), part.text)
            judge(before == part.text, f"{b.where}: part {segment.msn}.{i} was {before}, is {part.text}")


@rule(39, MUST, "6.2.1", "updates are atomic: a crowd around one sees the state before or after, nothing else")
def r39(p: Presentation, judge: Judge) -> None:
    known: dict[tuple[int, int], tuple[str, ...]] = {}
    for e in p.probes("crowd"):
        if not judge(e.status == 200, f"{e.file}: {e.status} {e.reason}"):
            continue
        playlist = p.parse(e)
        judge(not playlist.problems and e.text.endswith("\n"), f"{e.file}: cut off: {playlist.problems[:1]}")
        lines = tuple(line for line in e.text.splitlines()
                      if not line.startswith(("#EXT-X-RENDITION-REPORT", "#EXT-X-DATERANGE")))
        before = known.setdefault(playlist.edge, lines)
        judge(before == lines, f"{e.file}: two different playlists up to {playlist.edge}")


def publications(r: Rendition, whole_segments: bool) -> list[float]:
    """When each part (or complete segment) came first, leaving out those of the first response."""
    times: dict[object, float] = {}
    for s in r.snapshots:
        keys: list[object] = ([segment.msn for segment in s.playlist.complete] if whole_segments
                              else [(segment.msn, i) for segment, i, _ in s.playlist.parts])
        for key in keys:
            times.setdefault(key, s.exchange.t_first_byte)
    first = r.snapshots[0].exchange.t_first_byte if r.snapshots else 0.0
    return sorted(t for t in times.values() if t > first)


def intervals(times: list[float]) -> list[float]:
    return [b - a for a, b in zip(times, times[1:])]


@rule(40, MUST, "6.2.1", "a new segment within 1.5 target durations")
def r40(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        gaps = intervals(publications(r, whole_segments=True))
        if gaps:
            limit = 1.5 * p.target
            judge(median(gaps) <= limit, f"{r.uri}: segments come every {median(gaps):.2f} s, limit {limit} s")
            late = sum(gap > 2 * limit for gap in gaps)
            judge(late * 20 <= len(gaps), f"{r.uri}: {late} of {len(gaps)} segments came after more than {2 * limit} s")


@rule(41, MUST, "6.2.1", "a new part within one part target")
def r41(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        gaps = intervals(publications(r, whole_segments=False))
        if not gaps:
            continue
        target = p.part_target
        judge(median(gaps) <= 1.1 * target, f"{r.uri}: parts come every {median(gaps):.3f} s, part target {target} s")
        # Single ones are the machine's, one in twenty of them is the server's.
        late = sum(gap > 2 * target for gap in gaps)
        judge(late * 20 <= len(gaps), f"{r.uri}: {late} of {len(gaps)} parts came after more than {2 * target:.3f} s")


@rule(46, MUST, "6.2.2", "segments and parts are removed in order")
def r46(p: Presentation, judge: Judge) -> None:
    for r, a, b in pairs(p):
        kept = {segment.msn for segment in b.playlist.segments}
        numbers = [segment.msn in kept for segment in a.playlist.segments if segment.msn >= b.playlist.media_sequence]
        judge(all(numbers), f"{b.where}: a segment is gone from the middle or the end")
        now = {(segment.msn, i) for segment, i, _ in b.playlist.parts}
        stays = [(segment.msn, i) in now for segment, i, _ in a.playlist.parts]
        judge(stays == sorted(stays), f"{b.where}: a part is gone from the middle or the end")
