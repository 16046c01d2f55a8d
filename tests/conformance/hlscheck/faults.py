"""Faults to put into a recording: each a function that changes it, and the rules that must then fail, no others.

Each fault is put in so that the rest stays consistent (a part whose bytes change also changes in its segment), as
otherwise other rules would be right to fail too.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Callable
from urllib.parse import urljoin

from .presentation import Presentation, PublishedPart, Rendition
from .recording import Exchange, Recording

Change = Callable[[Exchange], Exchange]


@dataclass(frozen=True)
class Fault:
    name: str
    rules: frozenset[str]
    put: Callable[[Recording], Recording]


FAULTS: list[Fault] = []
SEGMENT_TAGS = ("#EXT-X-PROGRAM-DATE-TIME", "#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-GAP")


class NoPlace(Exception):
    """The recording has nothing that this fault could be put into."""


def fault(name: str, *rules: str) -> Callable[[Callable[[Recording], Recording]], Callable[[Recording], Recording]]:
    def register(put: Callable[[Recording], Recording]) -> Callable[[Recording], Recording]:
        FAULTS.append(Fault(name, frozenset(rules), put))
        return put
    return register


# Tools.

def video(recording: Recording) -> Rendition:
    return Presentation(recording).video[0]


def audio(recording: Recording) -> Rendition:
    return next(r for r in Presentation(recording).played if r.kind == "audio")


def each_playlist(recording: Recording, change: Callable[[str], str], url: str | None = None,
                  kinds: tuple[str, ...] = ()) -> Recording:
    """The text of all media playlists changed, or of one, or those asked for these reasons."""
    urls = {url} if url else {r.url for r in Presentation(recording).renditions}
    return recording.map(lambda e: e.with_text(change(e.text)) if e.path in urls and e.status == 200
                         and e.method == "GET" and (not kinds or e.kind in kinds) else e)


def each_line(recording: Recording, pattern: str, replacement: str, url: str | None = None,
              kinds: tuple[str, ...] = ()) -> Recording:
    changed = each_playlist(recording, lambda text: re.sub(pattern, replacement, text, flags=re.M), url, kinds)
    if changed == recording:
        raise NoPlace(pattern)
    return changed


def one(recording: Recording, wanted: Callable[[Exchange], bool], change: Change, which: float = 0.5) -> Recording:
    """One of the exchanges that fit changed: the one that far through them."""
    fitting = [i for i, e in enumerate(recording.exchanges) if wanted(e)]
    if not fitting:
        raise NoPlace("no such exchange")
    at = fitting[int(which * (len(fitting) - 1))]
    exchanges = list(recording.exchanges)
    exchanges[at] = change(exchanges[at])
    return replace(recording, exchanges=tuple(exchanges))


def a_part(recording: Recording, r: Rendition, index: int) -> PublishedPart:
    """A part with that index, fetched, of a segment that was fetched whole and that no probe looked into."""
    probed = {e.path for e in recording.of("probe:range", "probe:head")}
    for part in r.parts:
        url = urljoin(r.url, part.segment.uri)
        if (part.index == index and part.segment.uri and url not in probed and r.body(part.url) and r.body(url)
                and index < len(part.segment.parts) - 1):
            return part
    raise NoPlace("no whole segment")


def change_media(recording: Recording, r: Rendition, part: PublishedPart, new: bytes) -> Recording:
    """Other bytes for a part, of the same length, in its segment too."""
    old = r.body(part.url) or b""
    segment = urljoin(r.url, part.segment.uri)
    return recording.map(lambda e: e.with_body(e.body.replace(old, new))
                         if e.url in (part.url, segment) and e.status == 200 else e)


def patched(body: bytes, box: bytes, at: int, change: Callable[[int], int], size: int) -> bytes:
    """A number changed, `at` bytes after the name of the first box of that type."""
    start = body.index(box) + 4 + at
    value = change(int.from_bytes(body[start:start + size]))
    return body[:start] + value.to_bytes(size) + body[start + size:]


def snapshot(r: Rendition, which: float = 0.5) -> Exchange:
    return r.snapshots[int(which * (len(r.snapshots) - 1))].exchange


def before_segment(text: str, uri_prefix: str, insert: str) -> str:
    """Lines in front of the first tag of the segment whose parts and URI begin like that."""
    lines = text.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines)
                  if uri_prefix in line and not line.startswith("#EXT-X-PRELOAD-HINT")), None)
    if first is None:
        return text
    while first and lines[first - 1].startswith(SEGMENT_TAGS):
        first -= 1
    return "".join(lines[:first]) + insert + "".join(lines[first:])


def segment_prefix(uri: str) -> str:
    """"v0/12." of "v0/12.m4s": how its parts begin too."""
    return uri.removesuffix("m4s")
