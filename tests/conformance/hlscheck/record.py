"""Records a presentation: plays all its renditions for a while as a player would, and probes it meanwhile."""
from __future__ import annotations

import heapq
import queue
import threading
import time
from urllib.parse import urljoin

from . import probes
from .client import Client
from .media_parser import parse_media
from .playlist import MediaPlaylist, parse_multivariant
from .recording import Recording

RETRY_S = 0.2
# A state between two parts (a hint of the next EXT-X-MAP) is seen by nobody who waits for a part.
POLL_S = 0.2


class Follower:
    """One media playlist: blocking reloads one after the other, and all media that they name, at once."""

    def __init__(self, client: Client, url: str, until: float, late: "LateRequests") -> None:
        self.client, self.url, self.until, self.late = client, url, until, late
        self.playlist: MediaPlaylist | None = None
        self._seen: set[str] = set()
        self._hints: queue.Queue[str | None] = queue.Queue()
        self._media: queue.Queue[tuple[str, str, dict[str, str]] | None] = queue.Queue()
        self._part_urls: dict[str, float] = {}
        self._segments: dict[str, tuple[float, float]] = {}  # URL to (first seen, duration).
        self._longest = 0.0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True)
                         for run in (self._follow, self._poll, self._fetch_hints, self._fetch_media)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        self._threads[0].join()
        self._over.set()
        self._hints.put(None)
        self._media.put(None)
        for thread in self._threads[1:]:
            thread.join()

    def _follow(self) -> None:
        query = ""
        while time.monotonic() < self.until:
            exchange = self.client.get("playlist", self.url + query)
            if exchange.status != 200:
                time.sleep(RETRY_S)
                query = ""
                continue
            self.playlist = parse_media(exchange.text)
            self._take(self.playlist)
            if self.playlist.ended:
                return
            msn, part = self.playlist.next
            if self.playlist.iframes_only or self.playlist.part_target is None:
                query = f"?_HLS_msn={self.playlist.edge[0] + 1}"
            else:
                query = f"?_HLS_msn={msn}&_HLS_part={part}"

    def _poll(self) -> None:
        while not self._over.wait(POLL_S):
            if self.playlist and not self.playlist.iframes_only:
                self.client.get("probe:poll", self.url)

    def _take(self, playlist: MediaPlaylist) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, playlist.length)
        for kind, uri in playlist.hints.items():
            if kind == "PART" and self._new("hint " + uri):
                self._hints.put(urljoin(self.url, uri))
        for segment in playlist.segments:
            if segment.map and self._new("map " + segment.map):
                self._media.put(("init", urljoin(self.url, segment.map), {}))
        for _, _, part in playlist.parts:
            url = urljoin(self.url, part.uri)
            if not part.gap and self._new(url):
                self._media.put(("part", url, {}))
        for segment in playlist.complete:
            url = urljoin(self.url, segment.uri)
            if segment.byte_range:
                if self._new(f"{url} {segment.byte_range}"):
                    byte_range = segment.byte_range
                    self._media.put(("iframe", url, {"Range": f"bytes={byte_range.offset}-{byte_range.end - 1}"}))
            elif not segment.gap and self._new(url):
                self._media.put(("segment", url, {}))
                self._segments[url] = now, float(segment.duration or 0)
        self._schedule_removed(playlist, now)

    def _new(self, name: str) -> bool:
        if name in self._seen:
            return False
        self._seen.add(name)
        return True

    def _schedule_removed(self, playlist: MediaPlaylist, now: float) -> None:
        """What left the playlist is asked for at once and shortly before it may be gone (§6.2.2)."""
        listed = {urljoin(self.url, part.uri) for _, _, part in playlist.parts}
        for url in [url for url in self._part_urls if url not in listed]:
            del self._part_urls[url]
            self.late.at(now, "late-part", url)
            self.late.at(now + 0.85 * 3 * playlist.target, "late-part", url)
        self._part_urls |= dict.fromkeys(listed, now)
        listed = {urljoin(self.url, segment.uri) for segment in playlist.complete}
        for url in [url for url in self._segments if url not in listed]:
            seen, duration = self._segments.pop(url)
            self.late.at(now, "late-segment", url)
            self.late.at(max(now, seen + 0.9 * duration + self._longest), "late-segment", url)

    def _fetch_hints(self) -> None:
        while (url := self._hints.get()) is not None:
            self.client.get("hint", url)

    def _fetch_media(self) -> None:
        while (item := self._media.get()) is not None:
            kind, url, headers = item
            self.client.get(kind, url, headers)


class LateRequests:
    """Requests for a given time; those that the recording's end cuts off are not made."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ready = threading.Condition()
        self._due: list[tuple[float, str, str]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def at(self, when: float, kind: str, url: str) -> None:
        with self._ready:
            heapq.heappush(self._due, (when, kind, url))
            self._ready.notify()

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._closed and (not self._due or self._due[0][0] > time.monotonic()):
                    self._ready.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._closed:
                    return
                _, kind, url = heapq.heappop(self._due)
            self._client.get(kind, url)


def record(url: str, duration_s: float = 30) -> Recording:
    """Plays `url` (a multivariant playlist) for that long, longer only where a probe still waits for its answer."""
    with Client() as client:
        master = client.get("master", url)
        if master.status == 200:
            _play(client, url, [urljoin(url, uri) for uri in parse_multivariant(master.text).playlists], duration_s)
        return Recording(url, client.exchanges())


def _play(client: Client, url: str, playlists: list[str], duration_s: float) -> None:
    until = time.monotonic() + duration_s
    late = LateRequests(client)
    followers = [Follower(client, playlist, until, late) for playlist in playlists]
    for follower in followers:
        follower.start()
    probes.run(client, url, followers, until)
    for follower in followers:
        follower.join()
    late.close()
    for init in {e.url for e in client.exchanges() if e.kind == "init"}:
        client.get("init", init)
    client.get("master", url)
