"""ISO base media file format boxes (ISO/IEC 14496-12) as a tree; fields are read by the functions of `media`."""
from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Iterator

CONTAINERS = {"moov", "trak", "mdia", "minf", "stbl", "dinf", "edts", "mvex", "moof", "traf", "mfra", "udta"}


class BadBox(ValueError):
    """The bytes are no sequence of boxes; the text says where and why."""


@dataclass(frozen=True)
class Box:
    type: str
    offset: int  # In the file, of the box header.
    size: int
    payload: bytes  # After the header.
    children: tuple["Box", ...] = field(default=())

    def all(self, path: str) -> Iterator["Box"]:
        """Every box at that path, as "trak/mdia/mdhd"."""
        head, _, rest = path.partition("/")
        for child in self.children:
            if child.type == head:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def one(self, path: str) -> "Box | None":
        return next(self.all(path), None)

    @property
    def version(self) -> int:
        """Of a full box."""
        return self.payload[0] if self.payload else 0

    @property
    def flags(self) -> int:
        return int.from_bytes(self.payload[1:4])

    def u32(self, at: int) -> int:
        """A number of a full box, `at` bytes after version and flags."""
        return self._number(at, ">I", 4)

    def u64(self, at: int) -> int:
        return self._number(at, ">Q", 8)

    def _number(self, at: int, form: str, size: int) -> int:
        if len(self.payload) < 4 + at + size:
            raise BadBox(f"{self.type} at {self.offset} ends before its fields do")
        return int(struct.unpack_from(form, self.payload, 4 + at)[0])


def parse_boxes(data: bytes, base: int = 0, depth: int = 0) -> tuple[Box, ...]:
    """The boxes of a file or a container; raises BadBox unless they fill it exactly."""
    boxes: list[Box] = []
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise BadBox(f"{len(data) - at} stray bytes at {base + at}")
        size, header = int.from_bytes(data[at:at + 4]), 8
        kind = data[at + 4:at + 8].decode("latin-1")
        if size == 1 and len(data) - at >= 16:
            size, header = int.from_bytes(data[at + 8:at + 16]), 16
        if size < header or at + size > len(data):
            raise BadBox(f"{kind!r} at {base + at}: size {size} with {len(data) - at} bytes left")
        payload = data[at + header:at + size]
        children = (parse_boxes(payload, base + at + header, depth + 1)
                    if kind in CONTAINERS and depth < 8 else ())
        boxes.append(Box(kind, base + at, size, payload, children))
        at += size
    return tuple(boxes)
