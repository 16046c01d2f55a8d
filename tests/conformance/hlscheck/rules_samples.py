"""R54, R57, R109, R110, R113: pictures and frames inside the parts."""
from __future__ import annotations

from .boxes import BadBox
from .media import nal_types
from .playlist import Segment
from .presentation import Presentation, Rendition
from .rules import MUST, OPERATIONAL, PROFILE, SHOULD, Judge, rule
from .rules_fragments import fetched_parts

GOP_MAX_S = 2.0
IDR = 5


@rule(54, SHOULD, "4.4.4.9", "INDEPENDENT=YES on parts with an independent frame, on no others")
def r54(p: Presentation, judge: Judge) -> None:
    for r, part, fragments in fetched_parts(p):
        sync = any(sample.sync for f in fragments for sample in f.samples)
        judge(part.part.independent == sync, f"{part.where}: INDEPENDENT={'YES' if part.part.independent else 'NO'}, "
              f"{'an' if sync else 'no'} independent frame in it")


@rule(57, PROFILE, "B.1, AAS 7.4", "every segment begins with an independent frame")
def r57(p: Presentation, judge: Judge) -> None:
    for _, part, fragments in fetched_parts(p):
        if part.index == 0:
            judge(fragments[0].samples[0].sync, f"{part.where}: its first frame is not independent")


@rule(109, MUST, "AAS 1.13, 7.4", "an IDR every two seconds, and first in each segment")
def r109(p: Presentation, judge: Judge) -> str | None:
    for r in p.video:
        since = 0.0
        for part, fragments in r.part_fragments:
            scale = r.timescale(part.segment)
            for index, sample in enumerate(s for f in fragments for s in f.samples):
                if sample.sync or (part.index == 0 and index == 0):
                    judge(_has_idr(r, part.segment, sample.data), f"{part.where}: frame {index} is no IDR")
                    since = 0.0
                since += sample.duration / scale if scale else 0.0
                judge(since <= GOP_MAX_S + 0.05, f"{part.where}: {since:.2f} s without an IDR")
    return None if p.video else "no video"


def _has_idr(r: Rendition, segment: Segment, data: bytes) -> bool:
    init = r.init_of(segment)
    try:
        return init is None or IDR in nal_types(data, init.tracks[0].nal_length_size)
    except BadBox:
        return False


@rule(110, OPERATIONAL, "ISO 14496-12", "decoding order is presentation order")
def r110(p: Presentation, judge: Judge) -> None:
    for _, part, fragments in fetched_parts(p):
        offsets = {sample.composition_offset for f in fragments for sample in f.samples}
        judge(offsets == {0}, f"{part.where}: composition offsets {sorted(offsets)[:4]}")


@rule(113, OPERATIONAL, "-", "a constant frame rate")
def r113(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        lengths: dict[int, int] = {}
        for _, fragments in r.part_fragments:
            for sample in (s for f in fragments for s in f.samples):
                lengths[sample.duration] = lengths.get(sample.duration, 0) + 1
        if lengths:
            usual = max(lengths, key=lambda k: lengths[k])
            odd = {k: n for k, n in lengths.items() if abs(k - usual) > max(1, usual // 50)}
            judge(not odd, f"{r.uri}: frames last {usual}, some {odd}")
