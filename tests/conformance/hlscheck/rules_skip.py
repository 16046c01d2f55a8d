"""R84-R87: delta updates, compared with the full playlist of the same state."""
from __future__ import annotations

from typing import Iterator
from urllib.parse import parse_qs

from .playlist import MediaPlaylist, Segment
from .presentation import Presentation
from .recording import Exchange
from .rules import MUST, Judge, rule
from .rules_directives import has_part

# A tag that may differ: reports may be newer by an update of another rendition.
UNCOMPARED = {"EXT-X-RENDITION-REPORT", "EXT-X-VERSION", "EXT-X-SKIP", "EXT-X-MAP"}
IN_SEGMENTS = {"EXTINF", "EXT-X-PART", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-DISCONTINUITY", "EXT-X-GAP",
               "EXT-X-BYTERANGE", "EXT-X-BITRATE"}


def state(playlist: MediaPlaylist) -> tuple[str, ...]:
    """Names at the end of the playlist: a sequence number would be wrong where the delta miscounts."""
    last = playlist.segments[-1] if playlist.segments else None
    return (playlist.hints.get("PART", ""), last.uri if last else "", last.parts[-1].uri if last and last.parts else "")


def same_state(p: Presentation, *kinds: str) -> Iterator[tuple[Exchange, Exchange]]:
    """(full, delta) pairs of one probe group with the same end."""
    for kind in kinds:
        for group in p.groups(kind):
            answers = [e for e in group if e.status == 200]
            full = {state(p.parse(e)): e for e in answers if "_HLS_skip" not in e.query}
            for e in answers:
                if "_HLS_skip" in e.query and state(p.parse(e)) in full:
                    yield full[state(p.parse(e))], e


def content(segment: Segment) -> dict[str, object]:
    """What a segment says, without its place in the text."""
    return {"msn": segment.msn, "URI": segment.uri, "EXTINF": segment.duration_text, "MAP": segment.map,
            "date": segment.date_text, "DISCONTINUITY": segment.discontinuity, "GAP": segment.gap,
            "range": segment.byte_range, "parts": [part.text for part in segment.parts]}


def others(playlist: MediaPlaylist, leave_out: str) -> list[str]:
    """Tags that belong to no segment, as text."""
    return [f"#{tag.name}:{tag.value}" for tag in playlist.tags
            if tag.name not in UNCOMPARED | IN_SEGMENTS and tag.name != leave_out]


def old_segments(playlist: MediaPlaylist) -> tuple[int, int]:
    """How many segments may be skipped at least and at most: those that end, and those that begin, further than
    CAN-SKIP-UNTIL from the end of the last complete segment."""
    boundary = float(playlist.number("EXT-X-SERVER-CONTROL", "CAN-SKIP-UNTIL") or 0)
    least = most = 0
    distance = 0.0
    for segment in reversed(playlist.complete):
        least += distance > boundary + 1e-6
        distance += segment.length
        most += distance > boundary + 1e-6
    return least, most


@rule(84, MUST, "6.2.5.1", "a delta update is the full playlist but for what it skips")
def r84(p: Presentation, judge: Judge) -> None:
    for e, delta_exchange in same_state(p, "delta", "delta-blocking"):
        full, delta = p.parse(e), p.parse(delta_exchange)
        where = delta_exchange.file
        asked = "_HLS_skip=YES" in delta_exchange.query or "_HLS_skip=v2" in delta_exchange.query
        if asked:
            least, _ = old_segments(full)
            judge(delta.one("EXT-X-SKIP") is not None or least == 0,
                  f"{where}: no EXT-X-SKIP, though {least} segments are old enough")
        else:
            judge(delta.one("EXT-X-SKIP") is None, f"{where}: EXT-X-SKIP, which was not asked for")
        # Those skipped are the first; all others are there, and nothing of them has changed.
        for was, now in zip(full.segments[delta.skipped:], delta.segments):
            judge(content(was) == content(now), f"{where}: segment {content(now)}, in full {content(was)}")
        judge(delta.skipped + len(delta.segments) == len(full.segments),
              f"{where}: {delta.skipped} skipped and {len(delta.segments)} listed of {len(full.segments)} segments")
        ranges = "EXT-X-DATERANGE" if "_HLS_skip=v2" in delta_exchange.query else ""
        judge(others(full, ranges) == others(delta, ranges),
              f"{where}: {others(delta, ranges)}, in full {others(full, ranges)}")


@rule(85, MUST, "6.2.5.1", "exactly the segments beyond CAN-SKIP-UNTIL are skipped")
def r85(p: Presentation, judge: Judge) -> None:
    for full, delta in same_state(p, "delta", "delta-blocking"):
        if "_HLS_skip=YES" not in delta.query and "_HLS_skip=v2" not in delta.query:
            continue
        least, most = old_segments(p.parse(full))
        skipped = p.parse(delta).skipped
        judge(least <= skipped <= most, f"{delta.file}: skips {skipped} segments, {least} to {most} are old enough")
        has_tag = p.parse(delta).one("EXT-X-SKIP") is not None
        judge(has_tag == (skipped > 0), f"{delta.file}: EXT-X-SKIP of {skipped} segments")
        judge(p.parse(delta).media_sequence == p.parse(full).media_sequence, f"{delta.file}: another media sequence")


@rule(86, MUST, "6.2.5.1, 8", "v2 leaves out old date ranges and says which were removed")
def r86(p: Presentation, judge: Judge) -> None:
    for full, delta in same_state(p, "delta", "delta-blocking"):
        playlist = p.parse(delta)
        skip = playlist.one("EXT-X-SKIP")
        if "_HLS_skip=v2" not in delta.query or skip is None:
            continue
        if p.parse(full).attribute("EXT-X-SERVER-CONTROL", "CAN-SKIP-DATERANGES") == "YES":
            judge("RECENTLY-REMOVED-DATERANGES" in skip.attributes, f"{delta.file}: no RECENTLY-REMOVED-DATERANGES")
        ranges = {tag.value for tag in p.parse(full).all("EXT-X-DATERANGE")}
        kept = {tag.value for tag in playlist.all("EXT-X-DATERANGE")}
        judge(kept <= ranges, f"{delta.file}: a date range that the full playlist has not: {kept - ranges}")
        version = playlist.one("EXT-X-VERSION")
        judge(kept == ranges or int(version.value if version else 0) >= 10,
              f"{delta.file}: leaves out date ranges with EXT-X-VERSION {version.value if version else None}")


@rule(87, MUST, "6.2.5.1, 6.2.5.2", "a delta update can be waited for")
def r87(p: Presentation, judge: Judge) -> None:
    for e in p.probes("delta-blocking"):
        if judge(e.status == 200, f"{e.file}: {e.status} {e.reason}") and not p.parse(e).ended:
            wanted = parse_qs(e.query)
            msn, part = int(wanted["_HLS_msn"][0]), wanted.get("_HLS_part")
            complete = p.parse(e).complete
            there = (has_part(p.parse(e), msn, int(part[0])) if part else bool(complete) and complete[-1].msn >= msn)
            judge(there, f"{e.file}: answered with parts up to {p.parse(e).edge}")
