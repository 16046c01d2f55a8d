"""A Recording: all requests to one presentation and their responses, with times. Immutable, one file on disk."""
from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Iterable

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Exchange:
    """One request and its response. Times are seconds on one monotonic clock.

    `kind` says why it was asked: "master", "playlist" (a player's reload), "hint" (the hinted part, at once),
    "part" and "segment" (listed, at once), "init", "iframe", "late-segment", "late-part" (after removal from the
    playlist) or "probe:<name>". Exchanges of one probe that belong together share `note["group"]`.
    """
    kind: str
    url: str
    request_headers: Headers
    status: int  # 0: no answer; `reason` then says why.
    reason: str
    headers: Headers
    body: bytes
    http_version: int
    t_request: float
    t_headers: float
    t_first_byte: float
    t_last_byte: float
    method: str = "GET"
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The URL without query: what names the resource."""
        return self.url.partition("?")[0]

    @property
    def query(self) -> str:
        return self.url.partition("?")[2]

    @property
    def file(self) -> str:
        """The last two path components and the query, for evidence."""
        return "/".join(self.url.split("/")[-2:]) if self.path.endswith((".m4s", ".mp4")) else self.url.split("/")[-1]

    def header(self, name: str) -> str | None:
        """The first header of that name (any case)."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def asked(self, name: str) -> str | None:
        for key, value in self.request_headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def content(self) -> bytes:
        """The body with its content encoding taken off; as it is where that fails."""
        if self.header("Content-Encoding") == "gzip":
            try:
                return gzip.decompress(self.body)
            except (OSError, EOFError):
                return self.body
        return self.body

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")

    def with_text(self, text: str) -> Exchange:
        """The same exchange with another text, encoded as before and with a length that fits."""
        body = text.encode()
        if self.header("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        return self.with_body(body)

    def with_body(self, body: bytes) -> Exchange:
        return replace(self, body=body).with_header(
            "Content-Length", str(len(body)) if self.header("Content-Length") is not None else None)

    def with_header(self, name: str, value: str | None) -> Exchange:
        """The same exchange with a header set, or without it (None)."""
        kept = [(k, v) for k, v in self.headers if k.lower() != name.lower()]
        return replace(self, headers=tuple(kept if value is None else kept + [(name, value)]))


@dataclass(frozen=True)
class Recording:
    root: str  # URL of the multivariant playlist.
    exchanges: tuple[Exchange, ...]  # In order of their last byte.

    def map(self, change: Callable[[Exchange], Exchange | None]) -> Recording:
        """Every exchange changed, or left out where `change` returns None."""
        changed = (change(exchange) for exchange in self.exchanges)
        return replace(self, exchanges=tuple(e for e in changed if e is not None))

    def of(self, *kinds: str) -> Iterable[Exchange]:
        return (e for e in self.exchanges if e.kind in kinds)

    def save(self, path: Path) -> None:
        """One zip: `recording.json` and each distinct body once."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            rows, written = [], set()
            for exchange in self.exchanges:
                digest = hashlib.sha256(exchange.body).hexdigest()
                if digest not in written:
                    written.add(digest)
                    archive.writestr("bodies/" + digest, exchange.body)
                rows.append(asdict(replace(exchange, body=b"")) | {"body": digest})
            archive.writestr("recording.json", json.dumps({"root": self.root, "exchanges": rows}))

    @staticmethod
    def load(path: Path) -> Recording:
        with zipfile.ZipFile(path) as archive:
            data = json.loads(archive.read("recording.json"))
            exchanges = []
            for row in data["exchanges"]:
                pairs = {key: tuple((k, v) for k, v in row[key]) for key in ("headers", "request_headers")}
                exchanges.append(Exchange(**row | pairs | {"body": archive.read("bodies/" + row["body"])}))
        return Recording(data["root"], tuple(exchanges))
