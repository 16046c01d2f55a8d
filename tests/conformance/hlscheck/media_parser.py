"""Reads a media playlist line by line into segments and parts (RFC 8216bis §4.4.3-4.4.5)."""
from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from .playlist import ByteRange, MediaPlaylist, Part, Segment, Tag, decimal, parse_date, parse_tags


class _Reader:
    """State while reading: the segment that the next URI line completes, and what stays in scope."""

    def __init__(self, playlist: MediaPlaylist) -> None:
        self.playlist = playlist
        self.map: str | None = None
        self.map_line = -1
        self.dsn = playlist.discontinuity_sequence
        self.next_offset: dict[str, int] = {}
        self.pending_range: tuple[int, int | None] | None = None
        self.bitrate: int | None = None
        self.segment = self.fresh(playlist.media_sequence + playlist.skipped)

    def fresh(self, msn: int) -> Segment:
        return Segment(msn, self.dsn, map=self.map, map_line=self.map_line, bitrate=self.bitrate)

    def problem(self, text: str) -> None:
        self.playlist.problems.append(text)

    def tag(self, tag: Tag) -> None:
        segment = self.segment
        match tag.name:
            case "EXTINF":
                text, comma, _ = tag.value.partition(",")
                segment.duration, segment.duration_text = decimal(text), text
                if segment.duration is None or not comma:
                    self.problem(f"line {tag.line + 1}: not EXTINF:<duration>,: {tag.value}")
                    segment.duration = segment.duration or Decimal(0)
            case "EXT-X-PART":
                self.part(tag)
            case "EXT-X-MAP":
                self.map, self.map_line = tag.attributes.get("URI", ""), tag.line
                segment.map, segment.map_line = self.map, tag.line
            case "EXT-X-DISCONTINUITY":
                segment.discontinuity = True
                self.dsn += 1
                segment.dsn = self.dsn
            case "EXT-X-PROGRAM-DATE-TIME":
                segment.date_text = tag.value
                if parse_date(tag.value) is None:
                    self.problem(f"line {tag.line + 1}: not an ISO 8601 time with zone: {tag.value}")
            case "EXT-X-GAP":
                segment.gap = True
            case "EXT-X-BITRATE":
                self.bitrate = segment.bitrate = int(tag.value) if tag.value.isdigit() else None
            case "EXT-X-BYTERANGE":
                length, _, offset = tag.value.partition("@")
                if not length.isdigit() or (offset and not offset.isdigit()):
                    self.problem(f"line {tag.line + 1}: not a byte range: {tag.value}")
                else:
                    self.pending_range = int(length), int(offset) if offset else None
            case _:
                return
        segment.own_lines.setdefault(tag.name, tag.line)

    def part(self, tag: Tag) -> None:
        attributes = tag.attributes
        duration = decimal(attributes.get("DURATION"))
        if duration is None or "URI" not in attributes:
            self.problem(f"line {tag.line + 1}: EXT-X-PART without DURATION or URI: {tag.value}")
            return
        if not self.segment.parts:
            self.segment.first_part_line = tag.line
        self.segment.parts.append(Part(attributes["URI"], duration, attributes.get("INDEPENDENT") == "YES",
                                       attributes.get("GAP") == "YES", tag.line, tag.value))

    def uri(self, uri: str) -> None:
        segment = self.segment
        if segment.duration is None:
            self.problem(f"URI without EXTINF: {uri}")
            segment.duration = Decimal(0)
        segment.uri = uri
        if self.pending_range:
            length, offset = self.pending_range
            if offset is None:
                if uri not in self.next_offset:
                    self.problem(f"byte range without offset and nothing before it: {uri}")
                offset = self.next_offset.get(uri, 0)
            segment.byte_range = ByteRange(length, offset)
            self.next_offset[uri] = offset + length
            self.pending_range = None
        self.playlist.segments.append(segment)
        self.segment = self.fresh(segment.msn + 1)

    def finish(self) -> None:
        if self.segment.parts:
            self.playlist.segments.append(self.segment)
        elif self.segment.duration is not None:
            self.problem("EXTINF without a URI line after it")


@lru_cache(maxsize=16384)
def parse_media(text: str) -> MediaPlaylist:
    """A full playlist, or a delta update (its segments then start after those skipped). To be read only: who asks
    for the same text gets the same playlist. Byte ranges of parts and of EXT-X-MAP are not read."""
    playlist = MediaPlaylist()
    items = parse_tags(text, playlist.problems)
    playlist.tags = [item for item in items if isinstance(item, Tag)]
    playlist.media_sequence = _integer(playlist, "EXT-X-MEDIA-SEQUENCE", 0)
    playlist.discontinuity_sequence = _integer(playlist, "EXT-X-DISCONTINUITY-SEQUENCE", 0)
    skip = playlist.attribute("EXT-X-SKIP", "SKIPPED-SEGMENTS")
    playlist.skipped = int(skip) if skip and skip.isdigit() else 0
    reader = _Reader(playlist)
    for item in items:
        if isinstance(item, Tag):
            reader.tag(item)
        else:
            reader.uri(item)
    reader.finish()
    return playlist


def _integer(playlist: MediaPlaylist, name: str, default: int) -> int:
    tag = playlist.one(name)
    if tag is None:
        return default
    if not tag.value.isdigit():
        playlist.problems.append(f"line {tag.line + 1}: not an integer: #{tag.name}:{tag.value}")
        return default
    return int(tag.value)
