"""What LL-HLS needs to know of fragmented MP4: an init section's tracks, a fragment's samples, event messages."""
from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache

from .boxes import BadBox, Box, parse_boxes

NTP_TO_UNIX = 2208988800
SAMPLE_IS_NON_SYNC = 0x10000
SAMPLES_MAX = 1 << 20  # Of one run; without fields of their own they cost no bytes.


@dataclass(frozen=True)
class Track:
    id: int
    handler: str  # "vide", "soun".
    timescale: int
    codecs: str  # As RFC 6381 writes it; "" where the sample entry is not known.
    sample_entry: str
    width: int
    height: int
    nal_length_size: int
    elst: tuple[tuple[int, int], ...]  # (duration in movie time, media time) of each edit.
    sample_tables: dict[str, int]  # Entry counts of stts, stsc, stsz, stco.
    tkhd_duration: int
    external_data: bool
    parameter_sets: bytes = b""


@dataclass(frozen=True)
class Init:
    order: tuple[str, ...]  # Types of the top-level boxes.
    moov_order: tuple[str, ...]
    brands: tuple[str, ...]
    mvhd_duration: int
    tracks: tuple[Track, ...]
    trex: dict[int, tuple[int, int, int]]  # track_ID to default duration, size, flags.


@dataclass(frozen=True)
class Sample:
    duration: int
    size: int
    flags: int
    composition_offset: int
    data: bytes = field(repr=False, default=b"")

    @property
    def sync(self) -> bool:
        return not self.flags & SAMPLE_IS_NON_SYNC


@dataclass(frozen=True)
class Fragment:
    """One moof with its mdat, and the boxes in front of them."""
    order: tuple[str, ...]
    sequence_number: int
    track_id: int
    trafs: int
    truns: int
    has_tfdt: bool
    tfdt: int
    tfhd_flags: int
    samples: tuple[Sample, ...]
    offset: int  # Of the first box that belongs to it.
    moof_offset: int
    end: int
    data_fits: bool  # trun's data offset is the mdat's payload, and the samples fill it.
    prft: tuple[float, int] | None  # Unix time, media time.
    emsg: tuple[tuple[int, str], ...]  # version, scheme.
    emsg_before_moof: bool

    @property
    def duration(self) -> int:
        return sum(sample.duration for sample in self.samples)


def read_init(data: bytes) -> Init:
    boxes = parse_boxes(data)
    by_type = {box.type: box for box in boxes}
    if "moov" not in by_type:
        raise BadBox("no moov")
    moov = by_type["moov"]
    ftyp = by_type.get("ftyp")
    brands: tuple[str, ...] = ()
    if ftyp:
        raw = ftyp.payload[0:4] + ftyp.payload[8:]
        brands = tuple(raw[i:i + 4].decode("latin-1") for i in range(0, len(raw), 4))
    mvhd = moov.one("mvhd")
    trex = {box.u32(0): (box.u32(8), box.u32(12), box.u32(16)) for box in moov.all("mvex/trex")}
    return Init(tuple(box.type for box in boxes), tuple(box.type for box in moov.children), brands,
                _duration(mvhd, 12, 20) if mvhd else -1, tuple(_track(trak) for trak in moov.all("trak")), trex)


def _duration(box: Box, at32: int, at64: int) -> int:
    return box.u64(at64) if box.version == 1 else box.u32(at32)


def _track(trak: Box) -> Track:
    tkhd, mdhd, hdlr = trak.one("tkhd"), trak.one("mdia/mdhd"), trak.one("mdia/hdlr")
    stbl = trak.one("mdia/minf/stbl")
    if not (tkhd and mdhd and hdlr and stbl):
        raise BadBox("trak without tkhd, mdhd, hdlr or stbl")
    track_id = tkhd.u32(16 if tkhd.version == 1 else 8)
    tables = {name: box.u32(4 if name == "stsz" else 0)
              for name in ("stts", "stsc", "stsz", "stco") if (box := stbl.one(name))}
    edits: list[tuple[int, int]] = []
    if elst := trak.one("edts/elst"):
        form, step = (">Qq", 20) if elst.version == 1 else (">Ii", 12)
        edits = [struct.unpack_from(form, elst.payload, 8 + i * step) for i in range(elst.u32(0))]
    dref = trak.one("mdia/minf/dinf/dref")
    external = dref is not None and any(not box.flags & 1 for box in parse_boxes(dref.payload[8:]))
    entry, codecs, width, height, nal_size, sets = _sample_entry(stbl)
    return Track(track_id, hdlr.payload[8:12].decode("latin-1"), mdhd.u32(16 if mdhd.version == 1 else 8), codecs,
                 entry, width, height, nal_size, tuple(edits), tables, _duration(tkhd, 16, 24), external, sets)


def _sample_entry(stbl: Box) -> tuple[str, str, int, int, int, bytes]:
    stsd = stbl.one("stsd")
    entries = parse_boxes(stsd.payload[8:]) if stsd else ()
    if not entries:
        return "", "", 0, 0, 0, b""
    entry = entries[0]
    body = entry.payload
    if entry.type in ("avc1", "avc3", "hvc1", "hev1"):
        width, height = struct.unpack_from(">HH", body, 24)
        for box in parse_boxes(body[78:]):
            if box.type == "avcC":
                codec = f"{entry.type}.{box.payload[1:4].hex()}"
                return entry.type, codec, width, height, (box.payload[4] & 3) + 1, box.payload
        return entry.type, "", width, height, 4, b""
    if entry.type == "mp4a":
        for box in parse_boxes(body[28:]):
            if box.type == "esds":
                return entry.type, _esds_codec(box.payload), 0, 0, 0, box.payload
    return entry.type, "", 0, 0, 0, b""


def _esds_codec(payload: bytes) -> str:
    """"mp4a.40.2" out of the descriptors (ISO/IEC 14496-1 §7.2.6): object type, then AudioSpecificConfig."""
    at, object_type = 4, 0
    while at + 2 <= len(payload):
        tag, at, size = payload[at], at + 1, 0
        while at < len(payload):
            byte, at = payload[at], at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:  # ES_Descriptor: id, flags.
            at += 3
        elif tag == 4:  # DecoderConfigDescriptor, its specific info within.
            object_type = payload[at]
            at += 13
        elif tag == 5:
            kind = payload[at] >> 3
            if kind == 31:
                kind = 32 + ((payload[at] & 7) << 3 | payload[at + 1] >> 5)
            return f"mp4a.{object_type:x}.{kind}"
        else:
            at += size
    return ""


@lru_cache(maxsize=4096)
def read_fragments(data: bytes, trex: tuple[int, int, int] = (0, 0, 0)) -> tuple[Fragment, ...]:
    """All fragments of a part or a segment, in order; `trex` are the track's defaults."""
    fragments: list[Fragment] = []
    ahead: list[Box] = []
    boxes = parse_boxes(data)
    for box in boxes:
        ahead.append(box)
        if box.type == "mdat":
            fragments.append(_fragment(ahead, trex))
            ahead = []
    if ahead:
        raise BadBox(f"{ahead[0].type} at {ahead[0].offset} belongs to no mdat")
    if not fragments:
        raise BadBox("no moof and mdat")
    return tuple(fragments)


def _fragment(boxes: list[Box], trex: tuple[int, int, int]) -> Fragment:
    moof = next((box for box in boxes if box.type == "moof"), None)
    mdat = boxes[-1]
    if moof is None:
        raise BadBox(f"mdat at {mdat.offset} without moof")
    mfhd, trafs = moof.one("mfhd"), list(moof.all("traf"))
    if not mfhd or not trafs or not (tfhd := trafs[0].one("tfhd")):
        raise BadBox(f"moof at {moof.offset} without mfhd, traf or tfhd")
    defaults = _defaults(tfhd, trex)
    tfdt = trafs[0].one("tfdt")
    samples: list[Sample] = []
    truns = list(trafs[0].all("trun"))
    data_at, fits = mdat.size - len(mdat.payload) + mdat.offset - moof.offset, bool(truns)
    for trun in truns:
        start, read = _run(trun, defaults)
        if start is not None:
            fits = fits and moof.offset + start == moof.offset + data_at
        for sample in read:
            at = data_at + moof.offset - mdat.offset - (mdat.size - len(mdat.payload))
            samples.append(Sample(sample.duration, sample.size, sample.flags, sample.composition_offset,
                                  mdat.payload[at:at + sample.size]))
            data_at += sample.size
    fits = fits and sum(sample.size for sample in samples) == len(mdat.payload)
    order = tuple(box.type for box in boxes)
    events = tuple(_event(box) for box in boxes if box.type == "emsg")
    prft = next((box for box in boxes if box.type == "prft"), None)
    return Fragment(order, mfhd.u32(0), tfhd.u32(0), len(trafs), len(truns), tfdt is not None,
                    (tfdt.u64(0) if tfdt.version == 1 else tfdt.u32(0)) if tfdt else 0, tfhd.flags, tuple(samples),
                    boxes[0].offset, moof.offset, mdat.offset + mdat.size, fits,
                    _reference_time(prft) if prft else None, events,
                    all(order.index("moof") > i for i, kind in enumerate(order) if kind == "emsg"))


def _defaults(tfhd: Box, trex: tuple[int, int, int]) -> list[int]:
    """A sample's duration, size and flags where its trun does not say (ISO/IEC 14496-12 §8.8.7)."""
    defaults, at = list(trex), 4
    for bit, size, slot in ((1, 8, -1), (2, 4, -1), (8, 4, 0), (0x10, 4, 1), (0x20, 4, 2)):
        if tfhd.flags & bit:
            if slot >= 0:
                defaults[slot] = tfhd.u32(at)
            at += size
    return defaults


def _run(trun: Box, defaults: list[int]) -> tuple[int | None, list[Sample]]:
    """A trun's data offset and its samples (ISO/IEC 14496-12 §8.8.8)."""
    flags, at = trun.flags, 4
    offset = first_flags = None
    if flags & 1:
        offset, at = trun.u32(at), at + 4
    if flags & 4:
        first_flags, at = trun.u32(at), at + 4
    samples: list[Sample] = []
    count = trun.u32(0)
    if count > SAMPLES_MAX:
        raise BadBox(f"trun at {trun.offset} of {count} samples")
    for index in range(count):
        values = [defaults[0], defaults[1], defaults[2], 0]
        if first_flags is not None and index == 0:
            values[2] = first_flags
        for slot, bit in enumerate((0x100, 0x200, 0x400, 0x800)):
            if flags & bit:
                values[slot], at = trun.u32(at), at + 4
        composition = values[3]
        if trun.version == 1 and composition >= 1 << 31:
            composition -= 1 << 32
        samples.append(Sample(values[0], values[1], values[2], composition))
    return offset, samples


def first_frame(data: bytes, trex: tuple[int, int, int]) -> bytes:
    """The first sample of a byte range that begins with a fragment and may end within its mdat; nothing where the
    range ends before the sample does."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at:at + 4])
        if data[at + 4:at + 8] == b"moof":
            moof = parse_boxes(data[at:at + size])[0]
            tfhd, trun = moof.one("traf/tfhd"), moof.one("traf/trun")
            offset, samples = _run(trun, _defaults(tfhd, trex)) if tfhd and trun else (None, [])
            if offset is None or not samples or at + offset + samples[0].size > len(data):
                return b""
            return data[at + offset:at + offset + samples[0].size]
        at += max(size, 8)
    return b""


def _event(box: Box) -> tuple[int, str]:
    at = 20 if box.version == 1 else 0
    return box.version, box.payload[4 + at:].split(b"\0", 1)[0].decode("latin-1")


def _reference_time(box: Box) -> tuple[float, int]:
    ntp = box.u64(4)
    return (ntp >> 32) - NTP_TO_UNIX + (ntp & 0xFFFFFFFF) / 2**32, box.u64(12) if box.version == 1 else box.u32(12)


def nal_types(sample: bytes, length_size: int) -> list[int]:
    """H.264 NAL unit types of a sample, as its length prefixes divide it; raises BadBox where they do not."""
    types: list[int] = []
    at = 0
    while at < len(sample):
        size = int.from_bytes(sample[at:at + length_size])
        at += length_size
        if size == 0 or at + size > len(sample):
            raise BadBox(f"a NAL unit of {size} bytes with {len(sample) - at} left")
        types.append(sample[at] & 0x1F)
        at += size
    return types
