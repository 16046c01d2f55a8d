"""R89-R96: the multivariant playlist."""
from __future__ import annotations

import re
from urllib.parse import urljoin

from .media import first_frame, nal_types
from .playlist import Segment
from .presentation import Presentation, Rendition
from .rules import MUST, Judge, rule

CELLULAR_MAX = 192_000
FRAME_RATE = re.compile(r"\d+\.\d{3}")


def is_video(attributes: dict[str, str]) -> bool:
    codecs = attributes.get("CODECS", "")
    return not codecs or any(c.startswith(("avc", "hvc", "hev", "av01", "vp09")) for c in codecs.split(","))


def rendition_of(p: Presentation, uri: str) -> Rendition | None:
    return p.rendition(urljoin(p.recording.root, uri))


def group(p: Presentation, attributes: dict[str, str]) -> list[dict[str, str]]:
    return [m for m in p.master.media if m.get("TYPE") == "AUDIO" and m.get("GROUP-ID") == attributes.get("AUDIO")]


def together(p: Presentation, attributes: dict[str, str], uri: str) -> list[list[Rendition]]:
    """Every set of renditions that this variant may play: its own with each of its audio group."""
    own = rendition_of(p, uri)
    if own is None:
        return []
    audio = [r for m in group(p, attributes) if "URI" in m and (r := rendition_of(p, m["URI"])) is not None]
    return [list({r.url: r for r in (own, other)}.values()) for other in audio] or [[own]]


@rule(89, MUST, "AAS 9.1, 9.2, 9.14-9.16, 4.4.6.2", "variants have all attributes")
def r89(p: Presentation, judge: Judge) -> None:
    for attributes, uri in p.master.variants:
        wanted = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"]
        if is_video(attributes):
            wanted += ["RESOLUTION", "FRAME-RATE"]
            if attributes.get("FRAME-RATE"):
                judge(bool(FRAME_RATE.fullmatch(attributes["FRAME-RATE"])),
                      f"{uri}: FRAME-RATE={attributes['FRAME-RATE']}, not with three decimals")
        missing = [name for name in wanted if name not in attributes]
        judge(not missing, f"{uri}: EXT-X-STREAM-INF without {', '.join(missing)}")


@rule(90, MUST, "6.2.4, 4.4.6.1.1", "CODECS, RESOLUTION and CHANNELS are those of the media")
def r90(p: Presentation, judge: Judge) -> None:
    variants = p.master.variants + [(v, v.get("URI", "")) for v in p.master.iframe_variants]
    for attributes, uri in variants:
        inits = [init for renditions in together(p, attributes, uri) for r in renditions for init in r.inits.values()]
        found = {track.codecs for init in inits for track in init.tracks}
        said = set(attributes.get("CODECS", "").split(","))
        if found:
            judge(said == found, f"{uri}: CODECS {', '.join(sorted(said))}, the media has {', '.join(sorted(found))}")
        sizes = {f"{track.width}x{track.height}" for init in inits for track in init.tracks if track.width}
        if sizes and "RESOLUTION" in attributes:
            judge(sizes == {attributes["RESOLUTION"]}, f"{uri}: RESOLUTION {attributes['RESOLUTION']}, media {sizes}")


@rule(91, MUST, "AAS 1.28, 1.29, 4.4.6.2.1", "BANDWIDTH and AVERAGE-BANDWIDTH hold")
def r91(p: Presentation, judge: Judge) -> None:
    for attributes, uri in p.master.variants:
        for renditions in together(p, attributes, uri):
            rates = [_rates(r) for r in renditions]
            if not all(rates):
                continue
            peak, average = sum(max(x) for x in rates), sum(sum(x) / len(x) for x in rates)
            bandwidth = int(attributes.get("BANDWIDTH", 0))
            judge(peak <= 1.25 * bandwidth, f"{uri}: peak of {peak:.0f} bit/s, BANDWIDTH={bandwidth}")
            said = int(attributes.get("AVERAGE-BANDWIDTH", 0))
            judge(average <= 1.1 * said, f"{uri}: average of {average:.0f} bit/s, AVERAGE-BANDWIDTH={said}")


def _rates(r: Rendition) -> list[float]:
    """bit/s of each segment that was fetched whole."""
    return [len(body) * 8 / float(segment.duration) for segment in r.complete
            if segment.duration and not segment.byte_range and (body := r.body(urljoin(r.url, segment.uri)))]


@rule(92, MUST, "4.4.6.1, AAS 8.10", "renditions are described and grouped right")
def r92(p: Presentation, judge: Judge) -> str | None:
    for m in p.master.media:
        name = f"EXT-X-MEDIA {m.get('NAME')}"
        wanted = ["TYPE", "GROUP-ID", "NAME", "LANGUAGE"] + (["CHANNELS"] if m.get("TYPE") == "AUDIO" else [])
        missing = [key for key in wanted if key not in m]
        judge(not missing, f"{name}: without {', '.join(missing)}")
        judge(m.get("DEFAULT") != "YES" or m.get("AUTOSELECT", "YES") == "YES", f"{name}: DEFAULT but not AUTOSELECT")
        same = [o for o in p.master.media if (o.get("TYPE"), o.get("GROUP-ID")) == (m.get("TYPE"), m.get("GROUP-ID"))]
        judge(sum(o.get("NAME") == m.get("NAME") for o in same) == 1, f"{name}: not the only one of its group")
        judge(sum(o.get("DEFAULT") == "YES" for o in same) <= 1, f"{name}: two defaults in its group")
    for attributes, uri in p.master.variants:
        if "AUDIO" in attributes:
            judge(bool(group(p, attributes)), f"{uri}: AUDIO={attributes['AUDIO']} is no group")
    return "no EXT-X-MEDIA"


@rule(93, MUST, "AAS 9.5, CMAF with HLS", "sound is a rendition of its own, one track a fragment")
def r93(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        for url, init in r.inits.items():
            judge(len(init.tracks) == 1, f"{url}: {len(init.tracks)} tracks")
        for part, fragments in r.part_fragments:
            judge(all(f.trafs == 1 for f in fragments), f"{part.where}: several tracks in a fragment")
    for m in p.master.media:
        judge(m.get("TYPE") != "AUDIO" or "URI" in m, f"EXT-X-MEDIA {m.get('NAME')}: no URI")


@rule(94, MUST, "4.4.6.2", "CLOSED-CAPTIONS=NONE on all variants or none")
def r94(p: Presentation, judge: Judge) -> None:
    # A variant without picture has nothing to caption.
    said = [attributes.get("CLOSED-CAPTIONS") == "NONE" for attributes, _ in p.master.variants if is_video(attributes)]
    if p.master.variants:
        judge(all(said) or not any(said), "CLOSED-CAPTIONS=NONE on some variants only")


@rule(95, MUST, "AAS 6.1, 9.3, 9.4, 4.4.3.6", "I-frame playlists whose ranges are one independent frame each")
def r95(p: Presentation, judge: Judge) -> str | None:
    if not p.video:
        return "no video"
    judge(len(p.master.iframe_variants) >= len(p.video),
          f"{len(p.master.iframe_variants)} EXT-X-I-FRAME-STREAM-INF for {len(p.video)} video playlists")
    for attributes in p.master.iframe_variants:
        missing = [name for name in ("BANDWIDTH", "URI", "CODECS", "RESOLUTION") if name not in attributes]
        judge(not missing, f"EXT-X-I-FRAME-STREAM-INF without {', '.join(missing)}")
    for r in p.iframes:
        judge(bool(r.snapshots) and bool(r.complete), f"{r.uri}: nothing was served")
        for s in r.snapshots:
            judge(s.playlist.iframes_only, f"{s.where}: no EXT-X-I-FRAMES-ONLY")
        for segment in r.complete:
            if not segment.gap:
                _one_frame(p, r, segment, judge)
    return None


def _one_frame(p: Presentation, r: Rendition, segment: Segment, judge: Judge) -> None:
    """The range is exactly a moof and the independent frame at the beginning of its mdat."""
    url = urljoin(r.url, segment.uri)
    asked = None
    if segment.byte_range:
        asked = f"bytes={segment.byte_range.offset}-{segment.byte_range.end - 1}"
    answers = [e for e in p.recording.of("iframe", "segment") if e.url == url and e.asked("Range") == asked
               and e.status in (200, 206)]
    if not answers:
        return
    data = answers[0].body
    where = f"{r.uri} {segment.msn}"
    init = r.init_of(segment) or next((i for v in p.video for i in v.inits.values()), None)
    if not judge(data[4:8] in (b"moof", b"styp", b"prft", b"emsg"), f"{where}: the range begins with {data[4:8]!r}"):
        return
    if init is None:
        return
    sample = first_frame(data, next(iter(init.trex.values()), (0, 0, 0)))
    judge(bool(sample), f"{where}: the range ends before its first frame does")
    # Whole NAL units, one of them an IDR slice: BadBox where the range cuts one.
    types = nal_types(sample, init.tracks[0].nal_length_size)
    judge(5 in types, f"{where}: NAL units {types}, no IDR")


@rule(96, MUST, "AAS 9.9, 9.21", "a variant for cellular networks; those of a ladder differ in bit rate")
def r96(p: Presentation, judge: Judge) -> None:
    """Several bit rates of the picture (9.9) are declined by default: a program is encoded once unless a ladder is
    asked for. What a phone in a pocket needs is judged always."""
    rates = [int(attributes.get("BANDWIDTH", 0)) for attributes, _ in p.master.variants]
    if rates:
        judge(min(rates) <= CELLULAR_MAX, f"no variant of at most {CELLULAR_MAX} bit/s, the least is {min(rates)}")
    video = [int(attributes.get("BANDWIDTH", 0)) for attributes, _ in p.master.variants if is_video(attributes)]
    judge(len(set(video)) == len(video), f"video variants of the same BANDWIDTH: {video}")
