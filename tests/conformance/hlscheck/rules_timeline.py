"""R34, R35, R97, R101, R107, R111: media time, playlist time and wall time agree."""
from __future__ import annotations

from statistics import median
from typing import Iterator

from .playlist import Segment
from .presentation import Presentation, Rendition
from .rules import MUST, OPERATIONAL, Judge, rule

DATE_S = 0.0011  # What a date in milliseconds may be off.
FRAME_S = 1 / 30
AAC_DELAY_MAX = 2112


def segment_spans(r: Rendition) -> Iterator[tuple[Segment, float, float]]:
    """(segment, start, duration) in seconds of media, of each complete segment with all its parts fetched."""
    by_msn: dict[int, list[tuple[int, int]]] = {}
    for part, fragments in r.part_fragments:
        by_msn.setdefault(part.segment.msn, []).append((fragments[0].tfdt, sum(f.duration for f in fragments)))
    for segment in r.complete:
        spans = by_msn.get(segment.msn, [])
        scale = r.timescale(segment)
        if segment.parts and len(spans) == len(segment.parts) and scale:
            yield segment, spans[0][0] / scale, sum(span[1] for span in spans) / scale


@rule(34, MUST, "AAS 8.1", "EXTINF is the duration of the media, over any run of segments")
def r34(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        drift = 0.0
        for segment, _, real in segment_spans(r):
            drift += segment.length - real
            judge(abs(drift) <= FRAME_S, f"{r.uri}: up to {segment.msn} EXTINF is {drift:+.4f} s off the media")
        for segment in r.complete:
            decimals = len(segment.duration_text.partition(".")[2])
            judge(decimals >= 3, f"{r.uri}: EXTINF {segment.duration_text} of {segment.msn}")
    for r in p.played:
        for part, fragments in r.part_fragments:
            scale = r.timescale(part.segment)
            if scale:
                real = sum(f.duration for f in fragments) / scale
                judge(abs(float(part.part.duration) - real) <= 1e-3,
                      f"{part.where}: DURATION {part.part.duration}, its samples last {real:.5f} s")


@rule(35, MUST, "B.1, AAS 8.4, 6.2.4", "dates in every playlist, continuous with EXTINF")
def r35(p: Presentation, judge: Judge) -> None:
    for r, s in p.snapshots:
        segments = s.playlist.segments
        judge(any(segment.date_text for segment in segments), f"{s.where}: no EXT-X-PROGRAM-DATE-TIME")
        for segment in segments:
            judge(not segment.discontinuity or bool(segment.date_text), f"{s.where}: discontinuity without a date")
        for a, b in zip(segments, segments[1:]):
            # An I-frame's EXTINF reaches to the next I-frame, dates are those of the frames (4.4.3.6).
            if a.date is not None and b.date is not None and a.uri and not b.discontinuity:
                off = b.date - a.date - a.length
                judge(abs(off) <= DATE_S * 2, f"{s.where}: {b.msn} is dated {off * 1000:+.1f} ms off {a.msn} + EXTINF")
        dated = [bool(segment.date_text) for segment in segments if segment.uri]
        judge(all(dated), f"{s.where}: {dated.count(False)} segments without EXT-X-PROGRAM-DATE-TIME")


def date_minus_media(r: Rendition) -> dict[int, list[float]]:
    """Per discontinuity sequence: wall time minus presentation time of each segment."""
    offsets: dict[int, list[float]] = {}
    for segment, start, _ in segment_spans(r):
        init = r.init_of(segment)
        edit = 0.0
        if init and init.tracks[0].elst:
            edit = max(0, init.tracks[0].elst[-1][1]) / init.tracks[0].timescale
        if segment.date is not None:
            offsets.setdefault(segment.dsn, []).append(segment.date - (start - edit))
    return offsets


@rule(97, MUST, "6.2.4", "all renditions map media time to wall time alike")
def r97(p: Presentation, judge: Judge) -> str | None:
    if len(p.played) < 2:
        return "one rendition only"
    first = date_minus_media(p.played[0])
    for r in p.played[1:]:
        for dsn, offsets in date_minus_media(r).items():
            if dsn in first:
                off = median(offsets) - median(first[dsn])
                judge(abs(off) <= 0.005, f"{r.uri} is {off * 1000:+.1f} ms off {p.played[0].uri} at equal media time")
    return None


@rule(101, MUST, "3, AAS 7.1, 7.3", "tfdt goes on where the last fragment ended, to the tick")
def r101(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        last: tuple[str, int, int, int] | None = None  # Part, msn, dsn, end.
        for part, fragments in r.part_fragments:
            for f in fragments:
                if last is not None and part.segment.dsn == last[2] and _follows(r, last[1], part.segment.msn):
                    judge(f.tfdt == last[3], f"{part.where}: tfdt {f.tfdt}, {last[0]} ended at {last[3]}")
                last = part.where, part.segment.msn, part.segment.dsn, f.tfdt + f.duration


def _follows(r: Rendition, before: int, msn: int) -> bool:
    """Nothing is missing between: no gap, no part that was not fetched is judged by its neighbours."""
    between = [s for m, s in r.segments.items() if before <= m <= msn]
    return msn - before <= 1 and not any(part.gap for s in between for part in s.parts)


@rule(107, OPERATIONAL, "LL-DASH", "prft agrees with EXT-X-PROGRAM-DATE-TIME")
def r107(p: Presentation, judge: Judge) -> str | None:
    for r in p.played:
        offsets = date_minus_media(r)
        for part, fragments in r.part_fragments:
            scale, known = r.timescale(part.segment), offsets.get(part.segment.dsn)
            for f in fragments:
                if f.prft and scale and known:
                    off = f.prft[0] - f.prft[1] / scale - median(known)
                    judge(abs(off) <= 0.010, f"{part.where}: prft is {off * 1000:+.1f} ms off the dates")
    return "no prft in this presentation"


@rule(111, MUST, "AAC, 6.2.4", "sound and picture begin together; the encoder's delay is signalled once at most")
def r111(p: Presentation, judge: Judge) -> str | None:
    audio = [r for r in p.played if r.kind == "audio"]
    for r in audio:
        for url, init in r.inits.items():
            edits = [edit for track in init.tracks for edit in track.elst]
            delays = [time for _, time in edits if time > 0]
            judge(len(delays) <= 1 and all(time <= AAC_DELAY_MAX for time in delays), f"{url}: edit list {edits}")
        for v in p.video:
            starts = {msn: segment.date for msn, segment in v.segments.items()}
            for segment in r.complete:
                other = starts.get(segment.msn)
                # Cut at the same media time, each at a frame of its own: a frame of sound and one of picture.
                if segment.date is not None and other is not None:
                    judge(abs(segment.date - other) <= FRAME_S + 1024 / 44100,
                          f"{r.uri} {segment.msn} begins {segment.date - other:+.4f} s after {v.uri}'s")
    return None if audio and p.video else "not both sound and picture"
