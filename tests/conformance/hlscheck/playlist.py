"""Playlists as text gives them (RFC 8216bis §4): a parser that goes on after a fault and keeps it in `problems`.

What a rule has to judge (values, order, presence) is kept as written; only what breaks the grammar is a problem.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^",]*)(,|$)')
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")

# Tags that only a multivariant playlist, or only a media playlist, may have.
MULTIVARIANT_TAGS = {"EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA",
                     "EXT-X-SESSION-KEY", "EXT-X-CONTENT-STEERING"}
ONCE_TAGS = {"EXTM3U", "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START", "EXT-X-TARGETDURATION",
             "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE",
             "EXT-X-I-FRAMES-ONLY", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-SKIP"}


@dataclass(frozen=True)
class Tag:
    name: str
    value: str
    line: int

    @property
    def attributes(self) -> dict[str, str]:
        """Quoted strings without their quotes."""
        return {name: value.strip('"') for name, value, _ in ATTRIBUTE.findall(self.value)}


@dataclass(frozen=True)
class ByteRange:
    length: int
    offset: int

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass
class Part:
    uri: str
    duration: Decimal
    independent: bool
    gap: bool
    line: int
    text: str


@dataclass
class Segment:
    """A media segment; the last one may be in progress: no `uri` and no `duration` yet, only parts."""
    msn: int
    dsn: int
    uri: str = ""
    duration: Decimal | None = None
    duration_text: str = ""
    parts: list[Part] = field(default_factory=list)
    map: str | None = None
    map_line: int = -1
    discontinuity: bool = False
    gap: bool = False
    date_text: str = ""
    bitrate: int | None = None
    byte_range: ByteRange | None = None
    first_part_line: int = -1
    own_lines: dict[str, int] = field(default_factory=dict)  # Tag name to line, of tags applied to this segment.

    @property
    def date(self) -> float | None:
        """PROGRAM-DATE-TIME as a Unix time."""
        return parse_date(self.date_text) if self.date_text else None

    @property
    def length(self) -> float:
        """Seconds, of what is there."""
        return float(self.duration if self.duration is not None else sum(p.duration for p in self.parts))


@dataclass
class MediaPlaylist:
    tags: list[Tag] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    skipped: int = 0

    def all(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def one(self, name: str) -> Tag | None:
        return next((tag for tag in self.tags if tag.name == name), None)

    def attribute(self, tag: str, name: str) -> str | None:
        found = self.one(tag)
        return found.attributes.get(name) if found else None

    def number(self, tag: str, name: str) -> Decimal | None:
        return decimal(self.attribute(tag, name))

    @property
    def target(self) -> int:
        tag = self.one("EXT-X-TARGETDURATION")
        return int(tag.value) if tag and tag.value.isdigit() else 0

    @property
    def part_target(self) -> Decimal | None:
        return self.number("EXT-X-PART-INF", "PART-TARGET")

    @property
    def ended(self) -> bool:
        return self.one("EXT-X-ENDLIST") is not None

    @property
    def iframes_only(self) -> bool:
        return self.one("EXT-X-I-FRAMES-ONLY") is not None

    @property
    def complete(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.uri]

    @property
    def parts(self) -> list[tuple[Segment, int, Part]]:
        return [(s, i, p) for s in self.segments for i, p in enumerate(s.parts)]

    @property
    def hints(self) -> dict[str, str]:
        """TYPE to URI, the first of each."""
        found: dict[str, str] = {}
        for tag in self.all("EXT-X-PRELOAD-HINT"):
            found.setdefault(tag.attributes.get("TYPE", ""), tag.attributes.get("URI", ""))
        return found

    @property
    def reports(self) -> dict[str, Tag]:
        return {tag.attributes.get("URI", ""): tag for tag in self.all("EXT-X-RENDITION-REPORT")}

    @property
    def edge(self) -> tuple[int, int]:
        """(msn, part) of the last part; (msn, -1) of the last segment where it lists no parts."""
        if not self.segments:
            return self.media_sequence + self.skipped - 1, -1
        last = self.segments[-1]
        return last.msn, len(last.parts) - 1

    @property
    def next(self) -> tuple[int, int]:
        """(msn, part) that comes next, as a player asks for it."""
        msn, part = self.edge
        if not self.segments:
            return msn + 1, 0
        return (msn + 1, 0) if self.segments[-1].uri else (msn, part + 1)

    @property
    def length(self) -> float:
        """Seconds listed (complete segments and trailing parts)."""
        return sum(segment.length for segment in self.segments)

    @property
    def end_date(self) -> float | None:
        """Wall time at the end of the playlist, by its PROGRAM-DATE-TIMEs."""
        after = 0.0
        for segment in reversed(self.segments):
            after += segment.length
            if segment.date is not None:
                return segment.date + after
        return None


@dataclass
class MultivariantPlaylist:
    tags: list[Tag] = field(default_factory=list)
    variants: list[tuple[dict[str, str], str]] = field(default_factory=list)  # STREAM-INF attributes, URI.
    problems: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    @property
    def media(self) -> list[dict[str, str]]:
        return [tag.attributes for tag in self.all("EXT-X-MEDIA")]

    @property
    def iframe_variants(self) -> list[dict[str, str]]:
        return [tag.attributes for tag in self.all("EXT-X-I-FRAME-STREAM-INF")]

    @property
    def playlists(self) -> list[str]:
        """URIs of all media playlists, each once, in order: variants, renditions, I-frames."""
        uris = [uri for _, uri in self.variants]
        uris += [m["URI"] for m in self.media if "URI" in m]
        uris += [i["URI"] for i in self.iframe_variants if "URI" in i]
        return list(dict.fromkeys(uris))


def decimal(text: str | None) -> Decimal | None:
    """A decimal-integer or decimal-floating-point (§4.2), None where it is none."""
    if text is None or not re.fullmatch(r"\d+(\.\d+)?", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def parse_date(text: str) -> float | None:
    if not DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def parse_tags(text: str, problems: list[str]) -> list[Tag | str]:
    """Lines in order: tags, and URIs as strings; blank lines and comments left out (their line numbers kept)."""
    items: list[Tag | str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines()):
        if line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            items.append(Tag(name, value, number))
            if "=" in value and name not in ("EXTINF", "EXT-X-PROGRAM-DATE-TIME"):
                check_attributes(items[-1], problems)
        elif line and not line.startswith("#"):
            items.append(line)
    return items


def check_attributes(tag: Tag, problems: list[str]) -> None:
    """§4.2: a comma-separated list without white space, no name twice."""
    matches = ATTRIBUTE.findall(tag.value)
    if "".join(f"{n}={v}{c}" for n, v, c in matches) != tag.value or tag.value.endswith(","):
        problems.append(f"line {tag.line + 1}: not an attribute list: #{tag.name}:{tag.value}")
    names = [name for name, _, _ in matches]
    if len(names) != len(set(names)):
        problems.append(f"line {tag.line + 1}: an attribute twice: #{tag.name}:{tag.value}")


def parse_multivariant(text: str) -> MultivariantPlaylist:
    playlist = MultivariantPlaylist()
    pending: dict[str, str] | None = None
    for item in parse_tags(text, playlist.problems):
        if isinstance(item, Tag):
            playlist.tags.append(item)
            if pending is not None:
                playlist.problems.append(f"line {item.line + 1}: EXT-X-STREAM-INF without a URI line after it")
                pending = None
            if item.name == "EXT-X-STREAM-INF":
                pending = item.attributes
        elif pending is None:
            playlist.problems.append(f"a URI without EXT-X-STREAM-INF: {item}")
        else:
            playlist.variants.append((pending, item))
            pending = None
    return playlist
