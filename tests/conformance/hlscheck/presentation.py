"""A Recording as what it says: renditions, their playlists in order, and the media behind each name. Read only."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin

from .boxes import BadBox
from .media import Fragment, Init, read_fragments, read_init
from .media_parser import parse_media
from .playlist import MediaPlaylist, MultivariantPlaylist, Part, Segment, parse_multivariant
from .recording import Exchange, Recording

NO_DEFAULTS = (0, 0, 0)


@dataclass(frozen=True)
class Snapshot:
    exchange: Exchange
    playlist: MediaPlaylist

    @property
    def where(self) -> str:
        return f"{self.exchange.file} (up to {self.playlist.edge[0]}.{self.playlist.edge[1]})"


@dataclass(frozen=True)
class PublishedPart:
    segment: Segment
    index: int
    part: Part
    url: str

    @property
    def key(self) -> tuple[int, int]:
        return self.segment.msn, self.index

    @property
    def where(self) -> str:
        return "/".join(self.url.split("/")[-2:])


@dataclass
class Rendition:
    url: str
    uri: str  # As the multivariant playlist writes it.
    kind: str  # "video", "audio" or "iframes".
    snapshots: list[Snapshot]
    media: dict[str, list[Exchange]] = field(repr=False)  # Of the whole presentation, by URL.

    @cached_property
    def low_latency(self) -> list[Snapshot]:
        return [s for s in self.snapshots if s.playlist.part_target is not None and not s.playlist.iframes_only]

    @cached_property
    def segments(self) -> dict[int, Segment]:
        """Each segment as it was listed most completely: with its EXTINF, with all parts."""
        best: dict[int, Segment] = {}
        for snapshot in self.snapshots:
            for segment in snapshot.playlist.segments:
                known = best.get(segment.msn)
                if known is None or len(segment.parts) > len(known.parts):
                    best[segment.msn] = segment
                elif segment.uri and not known.uri:
                    best[segment.msn] = segment
        return dict(sorted(best.items()))

    @cached_property
    def complete(self) -> list[Segment]:
        return [segment for segment in self.segments.values() if segment.uri]

    @cached_property
    def parts(self) -> list[PublishedPart]:
        return [PublishedPart(s, i, p, urljoin(self.url, p.uri))
                for s in self.segments.values() for i, p in enumerate(s.parts)]

    @cached_property
    def published(self) -> dict[tuple[int, int], Exchange]:
        """The first playlist response that listed each part."""
        first: dict[tuple[int, int], Exchange] = {}
        for snapshot in self.snapshots:
            for segment, index, _ in snapshot.playlist.parts:
                first.setdefault((segment.msn, index), snapshot.exchange)
        return first

    @cached_property
    def init_urls(self) -> list[str]:
        return list(dict.fromkeys(urljoin(self.url, s.map) for s in self.segments.values() if s.map))

    @cached_property
    def inits(self) -> dict[str, Init]:
        """By URL; those that are no init sections are left out (R99 reports them)."""
        read: dict[str, Init] = {}
        for url in self.init_urls:
            body = self.body(url)
            if body is not None:
                try:
                    read[url] = read_init(body)
                except (BadBox, IndexError):
                    continue
        return read

    def init_of(self, segment: Segment) -> Init | None:
        return self.inits.get(urljoin(self.url, segment.map)) if segment.map else None

    def body(self, url: str) -> bytes | None:
        for exchange in self.media.get(url, ()):
            if exchange.status == 200:
                return exchange.body
        return None

    def fragments(self, segment: Segment, url: str) -> tuple[Fragment, ...]:
        """Of a part or a segment; raises BadBox. Nothing where it was not fetched."""
        body = self.body(url)
        return read_fragments(body, self.defaults(segment)) if body is not None else ()

    def defaults(self, segment: Segment) -> tuple[int, int, int]:
        init = self.init_of(segment)
        return next(iter(init.trex.values()), NO_DEFAULTS) if init else NO_DEFAULTS

    def timescale(self, segment: Segment) -> int:
        init = self.init_of(segment)
        return init.tracks[0].timescale if init and init.tracks else 0

    @cached_property
    def part_fragments(self) -> list[tuple[PublishedPart, tuple[Fragment, ...]]]:
        """All parts that were fetched and are well formed (R103 reports the others), in order."""
        read: list[tuple[PublishedPart, tuple[Fragment, ...]]] = []
        for part in self.parts:
            try:
                fragments = self.fragments(part.segment, part.url)
            except (BadBox, IndexError):
                continue
            if fragments:
                read.append((part, fragments))
        return read


class Presentation:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    @cached_property
    def masters(self) -> list[Exchange]:
        return [e for e in self.recording.of("master") if e.status == 200]

    @cached_property
    def master(self) -> MultivariantPlaylist:
        return parse_multivariant(self.masters[0].text) if self.masters else MultivariantPlaylist()

    def parse(self, exchange: Exchange) -> MediaPlaylist:
        return parse_media(exchange.text)

    @cached_property
    def media(self) -> dict[str, list[Exchange]]:
        by_url: dict[str, list[Exchange]] = {}
        for exchange in self.recording.of("init", "hint", "part", "segment"):
            by_url.setdefault(exchange.url, []).append(exchange)
        return by_url

    @cached_property
    def renditions(self) -> list[Rendition]:
        iframes = {v.get("URI") for v in self.master.iframe_variants}
        audio = {m.get("URI") for m in self.master.media if m.get("TYPE") == "AUDIO"}
        codecs = {uri: attributes.get("CODECS", "") for attributes, uri in self.master.variants}
        found = []
        for uri in self.master.playlists:
            url = urljoin(self.recording.root, uri)
            sound_only = uri in codecs and bool(codecs[uri]) and "RESOLUTION" not in dict(self._attributes(uri))
            kind = "iframes" if uri in iframes else "audio" if uri in audio or sound_only else "video"
            snapshots = [Snapshot(e, self.parse(e)) for e in self.recording.of("playlist")
                         if e.path == url and e.status == 200]
            found.append(Rendition(url, uri, kind, snapshots, self.media))
        return found

    def _attributes(self, uri: str) -> dict[str, str]:
        return next((attributes for attributes, variant in self.master.variants if variant == uri), {})

    @cached_property
    def played(self) -> list[Rendition]:
        """Without the I-frame playlists."""
        return [r for r in self.renditions if r.kind != "iframes"]

    @property
    def video(self) -> list[Rendition]:
        return [r for r in self.renditions if r.kind == "video"]

    @property
    def iframes(self) -> list[Rendition]:
        return [r for r in self.renditions if r.kind == "iframes"]

    def rendition(self, url: str) -> Rendition | None:
        return next((r for r in self.renditions if r.url == url), None)

    @cached_property
    def snapshots(self) -> list[tuple[Rendition, Snapshot]]:
        return [(r, s) for r in self.renditions for s in r.snapshots]

    @cached_property
    def part_target(self) -> float:
        targets = [s.playlist.part_target for _, s in self.snapshots]
        return max((float(t) for t in targets if t is not None), default=0.0)

    @cached_property
    def target(self) -> int:
        return max((s.playlist.target for _, s in self.snapshots), default=0)

    @cached_property
    def playlists(self) -> list[Exchange]:
        """Every successful playlist response, the probes' too."""
        urls = {r.url for r in self.renditions} | {self.recording.root}
        return [e for e in self.recording.exchanges if e.path in urls and e.status == 200 and e.method == "GET"]

    def probes(self, name: str) -> list[Exchange]:
        return list(self.recording.of("probe:" + name))

    def groups(self, name: str) -> list[list[Exchange]]:
        """A probe's exchanges by group, in the order they were asked."""
        groups: dict[object, list[Exchange]] = {}
        for exchange in sorted(self.probes(name), key=lambda e: e.note.get("index", e.t_request)):
            groups.setdefault((exchange.path, exchange.note.get("group")), []).append(exchange)
        return list(groups.values())

    @property
    def removal_seen(self) -> bool:
        return any(a.playlist.media_sequence != b.playlist.media_sequence
                   for r in self.renditions for a, b in zip(r.snapshots, r.snapshots[1:]))
