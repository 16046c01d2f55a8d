"""HTTP/1.1 over kept connections, one a thread; every response becomes an Exchange of one growing record."""
from __future__ import annotations

import http.client
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from .recording import Exchange

ORIGIN = "https://viewer.example"  # Every request is a cross-origin one, as a page's would be.
BODY_MAX = 64 << 20


class Client:
    """Thread-safe. Failures to connect or to read are recorded as status 0, never raised."""

    def __init__(self, timeout_s: float = 20) -> None:
        self._timeout_s = timeout_s
        self._local = threading.local()
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._open: set[http.client.HTTPConnection] = set()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes all connections; nobody may be asking any more."""
        for connection in self._open:
            connection.close()

    def exchanges(self) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(sorted(self._exchanges, key=lambda e: e.t_last_byte))

    def get(self, kind: str, url: str, headers: dict[str, str] | None = None, method: str = "GET",
            **note: Any) -> Exchange:
        sent = {"Origin": ORIGIN, "Accept-Encoding": "identity"} | (headers or {})
        parts = urlsplit(url)
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        started = time.monotonic()
        try:
            exchange = self._ask(kind, url, parts.netloc, target, method, sent, note)
        except (OSError, http.client.HTTPException) as error:
            self._drop(parts.netloc)
            now = time.monotonic()
            exchange = Exchange(kind, url, tuple(sent.items()), 0, f"{type(error).__name__}: {error}", (), b"", 0,
                                started, now, now, now, method, note)
        with self._lock:
            self._exchanges.append(exchange)
        return exchange

    def parallel(self, kind: str, urls: list[str], headers: dict[str, str] | None = None,
                 **note: Any) -> list[Exchange]:
        """All at the same time, each on a connection of its own; in the order asked."""
        answers: list[Exchange | None] = [None] * len(urls)

        def ask(index: int) -> None:
            answers[index] = self.get(kind, urls[index], headers, index=index, **note)
            self._drop(urlsplit(urls[index]).netloc)

        threads = [threading.Thread(target=ask, args=(i,), daemon=True) for i in range(len(urls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answer for answer in answers if answer is not None]

    def _ask(self, kind: str, url: str, netloc: str, target: str, method: str, sent: dict[str, str],
             note: dict[str, Any]) -> Exchange:
        connection, fresh = self._connection(netloc)
        t_request = time.monotonic()
        try:
            connection.request(method, target, headers=sent)
            response = connection.getresponse()
        except (ConnectionError, http.client.BadStatusLine):
            if fresh:
                raise
            # A kept connection that the server closed meanwhile.
            self._drop(netloc)
            return self._ask(kind, url, netloc, target, method, sent, note)
        t_headers = time.monotonic()
        first = response.read(1)
        t_first = time.monotonic()
        body = first + response.read(BODY_MAX)
        t_last = time.monotonic()
        if response.will_close:
            self._drop(netloc)
        return Exchange(kind, url, tuple(sent.items()), response.status, response.reason,
                        tuple(response.getheaders()), body, response.version, t_request, t_headers, t_first, t_last,
                        method, note)

    def _connection(self, netloc: str) -> tuple[http.client.HTTPConnection, bool]:
        kept = self._local.__dict__.setdefault("connections", {})
        if netloc in kept:
            return kept[netloc], False
        kept[netloc] = http.client.HTTPConnection(netloc, timeout=self._timeout_s)
        with self._lock:
            self._open.add(kept[netloc])
        return kept[netloc], True

    def _drop(self, netloc: str) -> None:
        connection = self._local.__dict__.setdefault("connections", {}).pop(netloc, None)
        if connection:
            connection.close()
            with self._lock:
                self._open.discard(connection)
