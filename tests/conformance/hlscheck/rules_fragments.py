"""R55, R99, R100, R102-R106, R108, R114: boxes of init sections, parts and segments."""
from __future__ import annotations

from typing import Iterator
from urllib.parse import urljoin

from .boxes import BadBox
from .media import Fragment, read_fragments, read_init
from .presentation import Presentation, PublishedPart, Rendition
from .recording import Exchange
from .rules import MUST, OPERATIONAL, SHOULD, Judge, rule

BRANDS = {"iso6", "iso7", "iso8", "iso9", "cmfc", "cmf2"}
DEFAULT_BASE_IS_MOOF = 0x020000
BASE_DATA_OFFSET = 0x000001
BEFORE_MOOF = {"styp", "prft", "emsg"}


def fetched_parts(p: Presentation) -> Iterator[tuple[Rendition, PublishedPart, tuple[Fragment, ...]]]:
    for r in p.played:
        for part, fragments in r.part_fragments:
            yield r, part, fragments


@rule(55, MUST, "3.2", "a segment is its parts: the same bytes, the same duration, listed before it")
def r55(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for segment in r.complete:
            if not segment.parts or segment.gap:
                continue
            total = float(sum(part.duration for part in segment.parts))
            # Each duration is rounded to what is printed.
            judge(abs(total - segment.length) <= 1e-5 * len(segment.parts) + 1e-9,
                  f"{r.uri}: parts of {segment.msn} last {total:.5f} s, EXTINF is {segment.duration_text}")
            whole = r.body(urljoin(r.url, segment.uri))
            bodies = [r.body(urljoin(r.url, part.uri)) for part in segment.parts]
            if whole is not None and all(body is not None for body in bodies):
                joined = b"".join(body for body in bodies if body is not None)
                judge(joined == whole, f"{r.uri}: {segment.msn} has {len(whole)} bytes, its parts {len(joined)}"
                      + (", others" if len(whole) == len(joined) else ""))
    for e in p.recording.of("hint"):
        for other in p.media.get(e.url, []):
            if e.status == other.status == 200 and other is not e:
                judge(e.body == other.body, f"{e.file}: other bytes by its hint than when listed")


@rule(99, MUST, "3.1.2", "init sections")
def r99(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        for url in r.init_urls:
            body = r.body(url)
            if body is None:
                continue
            try:
                init = read_init(body)
            except BadBox as error:
                judge(False, f"{url}: {error}")
                continue
            judge(init.order[:2] == ("ftyp", "moov"), f"{url}: boxes {init.order}")
            judge(bool(BRANDS & set(init.brands)), f"{url}: brands {init.brands}")
            judge("mdat" not in init.order and "moof" not in init.order, f"{url}: media in the init section")
            judge("mvex" in init.moov_order and bool(init.trex), f"{url}: no mvex")
            judge(init.mvhd_duration == 0, f"{url}: mvhd duration {init.mvhd_duration}")
            for track in init.tracks:
                judge(not any(track.sample_tables.values()),
                      f"{url}: samples in the init section: {track.sample_tables}")
                judge(track.tkhd_duration == 0, f"{url}: tkhd duration {track.tkhd_duration}")
    for r, part, fragments in fetched_parts(p):
        init_ids = {track.id for i in r.inits.values() for track in i.tracks}
        judge(all(f.track_id in init_ids for f in fragments), f"{part.where}: of no track of its init section")


@rule(100, MUST, "3.1.2", "tfdt in each fragment, addresses relative to it, no external data")
def r100(p: Presentation, judge: Judge) -> None:
    for _, part, fragments in fetched_parts(p):
        for f in fragments:
            judge(f.has_tfdt, f"{part.where}: no tfdt")
            judge(bool(f.tfhd_flags & DEFAULT_BASE_IS_MOOF) and not f.tfhd_flags & BASE_DATA_OFFSET,
                  f"{part.where}: tfhd flags {f.tfhd_flags:#x}")
            judge(f.data_fits, f"{part.where}: samples are not exactly the mdat")
    for r in p.renditions:
        for url, init in r.inits.items():
            judge(not any(track.external_data for track in init.tracks), f"{url}: media in other files")


@rule(102, MUST, "ISO 14496-12", "mfhd sequence numbers increase")
def r102(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        last: tuple[str, int, str | None] = ("", 0, None)
        for part, fragments in r.part_fragments:
            for f in fragments:
                judge(f.sequence_number > last[1] or part.segment.map != last[2],
                      f"{part.where}: mfhd {f.sequence_number} after {last[1]} of {last[0]}")
                last = part.where, f.sequence_number, part.segment.map


@rule(103, MUST, "CMAF", "a part is whole chunks: one moof, one mdat, one track each")
def r103(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for part in r.parts:
            body = r.body(part.url)
            if body is None:
                continue
            try:
                fragments = read_fragments(body, r.defaults(part.segment))
            except BadBox as error:
                judge(False, f"{part.where}: {error}")
                continue
            for f in fragments:
                judge(f.order[-2:] == ("moof", "mdat") and set(f.order[:-2]) <= BEFORE_MOOF,
                      f"{part.where}: boxes {f.order}")
                judge(f.trafs == 1 and bool(f.samples), f"{part.where}: {f.trafs} tracks, {len(f.samples)} samples")


@rule(104, MUST, "CMAF", "styp only in front of a segment")
def r104(p: Presentation, judge: Judge) -> None:
    for _, part, fragments in fetched_parts(p):
        at = [i for i, f in enumerate(fragments) if "styp" in f.order]
        judge(not at or (at == [0] and part.index == 0), f"{part.where}: styp in the middle of a segment")


@rule(105, OPERATIONAL, "-", "no sidx in live media")
def r105(p: Presentation, judge: Judge) -> None:
    for _, part, fragments in fetched_parts(p):
        judge(not any("sidx" in f.order for f in fragments), f"{part.where}: sidx")


@rule(106, MUST, "CMAF with HLS", "emsg of version 1, in front of moof")
def r106(p: Presentation, judge: Judge) -> str | None:
    for _, part, fragments in fetched_parts(p):
        for f in fragments:
            for version, scheme in f.emsg:
                judge(version == 1 and f.emsg_before_moof, f"{part.where}: emsg {scheme} of version {version}")
    return "no emsg in this presentation"


@rule(108, SHOULD, "AAS 1.10", "parameter sets in the sample entry (avc1), not in band")
def r108(p: Presentation, judge: Judge) -> str | None:
    for r in p.video:
        for url, init in r.inits.items():
            for track in init.tracks:
                judge(track.sample_entry in ("avc1", "hvc1"), f"{url}: sample entry {track.sample_entry}")
    return None if p.video else "no video"


def init_answers(p: Presentation) -> dict[str, list[Exchange]]:
    answers: dict[str, list[Exchange]] = {}
    for e in p.recording.of("init"):
        if e.status == 200:
            answers.setdefault(e.url, []).append(e)
    return answers


@rule(114, MUST, "4.4.4.3", "an init section never changes; another one only at a discontinuity")
def r114(p: Presentation, judge: Judge) -> None:
    for url, answers in init_answers(p).items():
        for e in answers[1:]:
            judge(e.body == answers[0].body, f"{e.file}: its bytes changed")
    for r in p.renditions:
        for s in r.snapshots:
            for a, b in zip(s.playlist.segments, s.playlist.segments[1:]):
                judge(a.map == b.map or b.discontinuity,
                      f"{s.where}: EXT-X-MAP {b.map} from {b.msn} on, without EXT-X-DISCONTINUITY")
