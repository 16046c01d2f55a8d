"""Clients for tests of the caches, many in one process, on plain asyncio; what they went through is printed as JSON.

  crowd.py viewers --count N --seconds S URL…     watch: both renditions, blocking reloads and parts, spread over the URLs
  crowd.py flood --count N --seconds S URL…       ask for what does not exist, and for what is too far ahead
  crowd.py once --count N URL…                    N clients at the same moment, each one of these URLs, in turn

A viewer asks as players do: the playlist, the newest parts, then always the next playlist in a blocking reload and the
parts that it brings, on one keep-alive connection a rendition and kind. After a lost connection or a refusal it comes
back to its edge, as players do.
"""
from __future__ import annotations

import argparse
import asyncio
import collections
import gzip
import json
import os
import random
import re
import sys
import time
from urllib.parse import urlsplit

PART = re.compile(rb'#EXT-X-PART:DURATION=[0-9.]+,URI="([^"]+)"')
HINT = re.compile(rb'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([a-z]\d+/(\d+)\.(\d+)\.m4s)"')
RENDITIONS = ("v0", "a0")
BACK_S = 0.25


class Lost(Exception):
    """The connection, in the middle of something or before."""


class Connection:
    """HTTP/1.1, one request at a time."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.host, self.port = parts.hostname, parts.port or 80
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
            self.writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = head[:-4].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
            if headers.get(b"transfer-encoding") == b"chunked":
                body = b""
                while size := int(await self.reader.readuntil(b"\r\n"), 16):
                    body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readexactly(2)
            else:
                body = await self.reader.readexactly(int(headers.get(b"content-length", 0)))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Lost from error
        if headers.get(b"content-encoding") == b"gzip":
            body = gzip.decompress(body)
        if headers.get(b"connection") == b"close":
            self.close()
        return int(lines[0].split()[1]), headers, body

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Report:
    def __init__(self) -> None:
        self.statuses: collections.Counter[int] = collections.Counter()
        self.refused: collections.Counter[str] = collections.Counter()  # Names that viewers were entitled to.
        self.lost = 0
        self.bytes = 0
        self.parts: set[str] = set()
        self.reloads: set[str] = set()
        self.progress: list[int] = []  # Parts that each viewer has had.
        self.bodies: set[int] = set()
        self.misses = 0

    def print(self) -> None:
        json.dump({"statuses": self.statuses, "refused": self.refused, "lost": self.lost, "bytes": self.bytes,
                   "parts": sorted(self.parts), "reloads": len(self.reloads), "progress": self.progress,
                   "bodies": len(self.bodies), "misses": self.misses}, sys.stdout)


async def follow(base: str, rendition: str, until: float, report: Report) -> None:
    """One rendition, by one viewer."""
    playlists, media = Connection(base), Connection(base)
    root = urlsplit(base).path
    had: set[str] = set()
    wanted: asyncio.Queue[str] = asyncio.Queue()

    async def load() -> None:
        while True:
            name = await wanted.get()
            while True:
                try:
                    status, _, body = await media.get(root + name)
                except Lost:
                    report.lost += 1
                    await asyncio.sleep(BACK_S)
                    continue
                break
            report.statuses[status] += 1
            report.bytes += len(body)
            if status == 200:
                had.add(name)
            else:
                report.refused[f"{status} {name}"] += 1

    loader = asyncio.create_task(load())
    query = ""
    asked: set[str] = set()
    try:
        while time.monotonic() < until:
            try:
                status, _, body = await asyncio.wait_for(playlists.get(f"{root}{rendition}.m3u8{query}"),
                                                         until - time.monotonic())
            except asyncio.TimeoutError:
                break
            except Lost:
                report.lost += 1
                query = ""
                await asyncio.sleep(BACK_S)
                continue
            report.statuses[status] += 1
            report.bytes += len(body)
            if status != 200:
                report.refused[f"{status} {rendition}.m3u8{query}"] += 1
                query = ""
                await asyncio.sleep(BACK_S)
                continue
            hint = HINT.search(body)
            if query:
                report.reloads.add(rendition + query)
            listed = [name.decode() for name in PART.findall(body)]
            # The newest three to begin with, then all that come, and the one that is hinted.
            fresh = [name for name in (listed if asked else listed[-3:]) if name not in asked]
            if hint and hint[1].decode() not in asked:
                fresh.append(hint[1].decode())
            for name in fresh:
                asked.add(name)
                report.parts.add(name)
                wanted.put_nowait(name)
            if not asked or not hint:
                break
            if len(asked) > 400:
                asked = set(listed)
                asked.add(hint[1].decode())
            query = f"?_HLS_msn={int(hint[2])}&_HLS_part={int(hint[3])}"
    finally:
        loader.cancel()
        report.progress.append(len(had))
        playlists.close()
        media.close()


async def viewers(arguments: argparse.Namespace, report: Report) -> None:
    until = time.monotonic() + arguments.seconds

    async def watch(index: int) -> None:
        await asyncio.sleep(random.random())
        base = arguments.urls[index % len(arguments.urls)]
        await asyncio.gather(*(follow(base, rendition, until, report) for rendition in RENDITIONS))

    await asyncio.gather(*(watch(index) for index in range(arguments.count)))


def forgery(msn: int, part: int) -> str:
    """A name that a stranger would try, next to the live edge or far from it."""
    rendition = random.choice(("v0", "v0", "a0", "v0", "a0", "v1", "a7"))
    ahead = random.choice((0, 0, 0, 1, 1, 2, 3, 5, 50, 10 ** 6))
    number = random.choice((part, part + 1, part + 1, part + 2, part + 3, 0, 9, 14, 50, 999))
    kind = random.randrange(10)
    if kind < 5:
        return f"{rendition}/{msn + ahead}.{number}.m4s"
    if kind < 6:
        return f"{rendition}/{msn + ahead}.m4s"
    if kind < 7:
        return f"{rendition}/{max(0, msn - random.randrange(1000))}.{random.randrange(15, 1000)}.m4s"
    if kind < 8:
        return random.choice((f"{rendition}/init-{random.randrange(2, 99999)}.mp4", f"{rendition}/0{msn}.m4s",
                              f"x{random.random()}.m3u8", f"{rendition}/{msn}.m4s.{random.random()}"))
    junk = f"&x={random.random()}" if random.random() < 0.5 else ""
    return f"{rendition}.m3u8?_HLS_msn={msn + ahead + 3}&_HLS_part={number}{junk}"


async def flood(arguments: argparse.Namespace, report: Report) -> None:
    """Clients that know where the live edge is, as everybody can, and give up after a moment what they wait for."""
    until = time.monotonic() + arguments.seconds
    edge = [0, 0]
    base = arguments.urls[0]
    root = urlsplit(base).path

    async def know() -> None:
        connection = Connection(base)
        while time.monotonic() < until:
            try:
                _, _, body = await connection.get(root + "v0.m3u8")
                if hint := HINT.search(body):
                    edge[:] = int(hint[2]), int(hint[3])
            except Lost:
                pass
            await asyncio.sleep(0.1)

    async def ask(index: int) -> None:
        target = arguments.urls[index % len(arguments.urls)]
        connection = Connection(target)
        while time.monotonic() < until:
            # Half of them all ask for the very part after the hinted one.
            name = f"v0/{edge[0]}.{edge[1] + 1}.m4s" if index % 2 else forgery(*edge)
            try:
                status, headers, _ = await asyncio.wait_for(connection.get(root + name), 0.5)
                report.statuses[status] += 1
                report.misses += headers.get(b"x-cache") == b"MISS"
            except (Lost, asyncio.TimeoutError):
                report.lost += 1
                connection.close()
            await asyncio.sleep(arguments.pause)

    await asyncio.gather(know(), *(ask(index) for index in range(arguments.count)))


async def once(arguments: argparse.Namespace, report: Report) -> None:
    connections = [Connection(arguments.urls[0]) for _ in range(arguments.count)]

    async def ask(index: int) -> None:
        url = urlsplit(arguments.urls[index % len(arguments.urls)])
        status, headers, body = await connections[index].get(url.path + (f"?{url.query}" if url.query else ""))
        report.statuses[status] += 1
        report.misses += headers.get(b"x-cache") == b"MISS"
        report.bodies.add(hash(body))

    await asyncio.gather(*(ask(index) for index in range(arguments.count)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("viewers", "flood", "once"))
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two requests of one client of a flood")
    parser.add_argument("urls", nargs="+")
    arguments = parser.parse_args()
    report = Report()
    asyncio.run({"viewers": viewers, "flood": flood, "once": once}[arguments.what](arguments, report))
    sys.stdout.flush()
    report.print()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
