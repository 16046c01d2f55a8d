"""R1-R24, R98: transport, headers and caching."""
from __future__ import annotations

import re
import unicodedata
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from .presentation import Presentation
from .recording import Exchange
from .rules import MUST, OPERATIONAL, PROFILE, SHOULD, Judge, rule

PLAYLIST_TYPES = ("application/vnd.apple.mpegurl", "audio/mpegurl")
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
EXPOSED = {"age", "date", "content-length", "content-range"}
AT_ONCE_S = 1.0  # What "immediately" means on a machine that does other things too.


def max_age(exchange: Exchange) -> int | None:
    found = re.search(r"(?:^|[,\s])max-age=(\d+)", exchange.header("Cache-Control") or "")
    return int(found[1]) if found else None


def shared_age(exchange: Exchange) -> int | None:
    """For how long a shared cache may keep it (RFC 9111 5.2.2.10)."""
    found = re.search(r"s-maxage=(\d+)", exchange.header("Cache-Control") or "")
    return int(found[1]) if found else max_age(exchange)


def media(p: Presentation) -> list[Exchange]:
    return [e for e in p.recording.of("init", "hint", "part", "segment", "iframe") if e.status in (200, 206)]


def plain(exchange: Exchange) -> bool:
    return "_HLS_msn" not in exchange.query


def took(exchange: Exchange) -> float:
    return exchange.t_last_byte - exchange.t_request


@rule(1, MUST, "4", "playlists are known by name and by Content-Type")
def r1(p: Presentation, judge: Judge) -> None:
    for e in p.playlists:
        kind = (e.header("Content-Type") or "").split(";")[0]
        judge(e.path.endswith((".m3u8", ".m3u")) and kind in PLAYLIST_TYPES, f"{e.file}: Content-Type {kind!r}")


@rule(2, MUST, "4.1", "playlists are clean UTF-8")
def r2(p: Presentation, judge: Judge) -> None:
    for e in p.playlists:
        try:
            text = e.content.decode("utf-8")
        except UnicodeDecodeError as error:
            judge(False, f"{e.file}: {error}")
            continue
        if not judge(not text.startswith("\ufeff"), f"{e.file}: begins with a byte order mark"):
            continue
        control = CONTROL.search(text)
        judge(control is None, f"{e.file}: control character {control[0]!r}" if control else "")
        judge(unicodedata.is_normalized("NFC", text), f"{e.file}: not in Unicode normal form C")
        stray = next((line for line in text.splitlines() if line != line.strip()), None)
        judge(stray is None, f"{e.file}: white space around {stray!r}")


@rule(3, PROFILE, "B.1, AAS 10.1", "playlists are gzipped for those who accept it, and only for them")
def r3(p: Presentation, judge: Judge) -> None:
    for e in p.probes("gzip"):
        if e.status != 200:
            continue
        judge(e.header("Content-Encoding") == "gzip" and e.content != e.body,
              f"{e.file}: asked for gzip, got Content-Encoding {e.header('Content-Encoding')}")
        judge("accept-encoding" in (e.header("Vary") or "").lower(), f"{e.file}: no Vary: Accept-Encoding")
    for e in p.probes("identity") + p.probes("no-encoding"):
        judge(e.header("Content-Encoding") is None, f"{e.file}: did not ask for gzip, got it")
    same = compared = 0
    by_group: dict[object, list[Exchange]] = {}
    for e in p.probes("gzip") + p.probes("identity"):
        by_group.setdefault(e.note.get("group"), []).append(e)
    for pair in by_group.values():
        if len(pair) == 2:
            compared += 1
            same += pair[0].content == pair[1].content
    # An update may come between the two; not most times.
    judge(same * 2 > compared, f"gzip and identity have the same text in {same} of {compared} pairs")


@rule(7, PROFILE, "B.1", "every server offers all variants")
def r7(p: Presentation, judge: Judge) -> None:
    home = urlsplit(p.recording.root).netloc
    for r in p.renditions:
        judge(urlsplit(r.url).netloc == home, f"{r.uri} is on another host than the multivariant playlist")
        for s in r.snapshots:
            for uri in s.playlist.reports:
                judge(urlsplit(urljoin(r.url, uri)).netloc == home, f"{s.where}: report of another host: {uri}")


@rule(8, PROFILE, "B.1", "byte ranges")
def r8(p: Presentation, judge: Judge) -> None:
    for e in p.probes("range") + [e for e in p.recording.of("iframe")]:
        whole = next((m.body for m in p.media.get(e.url, []) if m.status == 200 and not m.asked("Range")), None)
        if whole is None:
            continue
        first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", e.asked("Range") or "").groups()  # type: ignore[union-attr]
        start = int(first) if first else max(0, len(whole) - int(last))
        end = min(int(last), len(whole) - 1) if first else len(whole) - 1
        judge(e.status == 206, f"{e.file} {e.asked('Range')}: {e.status}")
        judge(e.header("Content-Range") == f"bytes {start}-{end}/{len(whole)}",
              f"{e.file} {e.asked('Range')}: Content-Range {e.header('Content-Range')}")
        judge(e.body == whole[start:end + 1], f"{e.file} {e.asked('Range')}: not the bytes of that range")
    for e in p.probes("range-beyond"):
        judge(e.status == 416, f"{e.file} {e.asked('Range')}: {e.status}, not 416")


@rule(10, PROFILE, "B.1", "playlist requests are idempotent and without a session")
def r10(p: Presentation, judge: Judge) -> None:
    for e in p.playlists:
        judge(e.header("Set-Cookie") is None, f"{e.file}: Set-Cookie")
    for group in p.groups("permutation"):
        judge(all(e.status == 200 for e in group), f"the same question again: {[e.status for e in group]}")


@rule(11, MUST, "AAS 8.18", "no redirects")
def r11(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("init", "hint", "part", "segment", "iframe", "playlist", "master"):
        judge(not 300 <= e.status < 400, f"{e.file}: {e.status}")


@rule(12, OPERATIONAL, "CORS", "pages of every origin may read answers, failures too, and their Age")
def r12(p: Presentation, judge: Judge) -> None:
    for e in p.recording.exchanges:
        if not e.status:
            continue
        judge(e.header("Access-Control-Allow-Origin") in ("*", e.asked("Origin")),
              f"{e.method} {e.file} ({e.status}): no Access-Control-Allow-Origin")
        exposed = {name.strip().lower() for name in (e.header("Access-Control-Expose-Headers") or "").split(",")}
        judge(e.method == "OPTIONS" or EXPOSED <= exposed,
              f"{e.method} {e.file} ({e.status}): not exposed: {', '.join(sorted(EXPOSED - exposed))}")
    for e in p.probes("options"):
        judge(e.status in (200, 204), f"OPTIONS {e.file}: {e.status}")


@rule(13, SHOULD, "AAS 10.4", "media types")
def r13(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for url in r.init_urls + [part.url for part in r.parts]:
            for e in r.media.get(url, []):
                kind = e.header("Content-Type")
                allowed = ({"audio/mp4"} if r.kind == "audio" else
                           {"video/mp4"} if url in r.init_urls else {"video/mp4", "video/iso.segment"})
                if e.status == 200:
                    judge(kind in allowed, f"{e.file}: {kind}, not {' or '.join(sorted(allowed))}")


@rule(14, OPERATIONAL, "AVPlayer -12174", "media has a Content-Length and is never chunked")
def r14(p: Presentation, judge: Judge) -> None:
    for e in media(p) + p.probes("range"):
        judge(e.header("Content-Length") == str(len(e.body)), f"{e.file}: Content-Length {e.header('Content-Length')} "
              f"for {len(e.body)} bytes")
        judge(e.header("Transfer-Encoding") is None, f"{e.file}: Transfer-Encoding {e.header('Transfer-Encoding')}")


@rule(15, SHOULD, "B.1", "blocking reloads are cached for 6 target durations")
def r15(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("playlist"):
        if e.status == 200 and not plain(e):
            judge(shared_age(e) == 6 * p.target or p.parse(e).ended,
                  f"{e.file}: Cache-Control {e.header('Cache-Control')}, wanted s-maxage={6 * p.target}")


@rule(17, SHOULD, "B.1", "other playlists for at most half a target duration; failures not at all")
def r17(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("playlist", "probe:report"):
        if e.status == 200 and plain(e):
            age = max_age(e)
            judge(age is not None and age <= p.target / 2, f"{e.file}: Cache-Control {e.header('Cache-Control')}")
    for e in p.recording.exchanges:
        if e.status in (400, 404, 503):
            judge("no-store" in (e.header("Cache-Control") or ""),
                  f"{e.file} ({e.status}): Cache-Control {e.header('Cache-Control')}")


@rule(18, SHOULD, "B.1", "parts are cached for 6 target durations")
def r18(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("hint", "part"):
        if e.status == 200:
            judge(max_age(e) == 6 * p.target, f"{e.file}: Cache-Control {e.header('Cache-Control')}")


@rule(19, SHOULD, "6.2.2", "segments say how long they may be cached")
def r19(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("segment", "init"):
        if e.status == 200:
            judge((max_age(e) or 0) >= p.target or e.header("Expires") is not None,
                  f"{e.file}: Cache-Control {e.header('Cache-Control')}")


@rule(22, SHOULD, "AAS 8.24", "a live playlist is not older than 3 target durations")
def r22(p: Presentation, judge: Judge) -> None:
    for e in p.recording.of("playlist"):
        date, modified = e.header("Date"), e.header("Last-Modified")
        if not judge(date is not None, f"{e.file}: no Date") or not modified or not date:
            continue
        age = (parsedate_to_datetime(date) - parsedate_to_datetime(modified)).total_seconds()
        judge(age <= 3 * p.target, f"{e.file}: last modified {age} s ago")


@rule(23, SHOULD, "6.2.6", "what is neither there nor hinted is 404 at once")
def r23(p: Presentation, judge: Judge) -> None:
    for e in p.probes("unknown"):
        judge(e.status == 404, f"{e.file}: {e.status}")
        judge(took(e) < AT_ONCE_S, f"{e.file}: answered after {took(e):.2f} s")


@rule(24, OPERATIONAL, "-", "HEAD, other methods and directives of the future")
def r24(p: Presentation, judge: Judge) -> None:
    for e in p.probes("head"):
        judge(e.status == 200 and not e.body, f"HEAD {e.file}: {e.status} with {len(e.body)} bytes")
    for e in p.probes("method"):
        judge(e.status == 405, f"{e.method} {e.file}: {e.status}, not 405")
    for e in p.probes("unknown-directive"):
        judge(e.status == 200, f"{e.file}: {e.status}, though _HLS_ names not defined yet are to be ignored")


@rule(98, OPERATIONAL, "-", "the multivariant playlist is stable and cached for a moment")
def r98(p: Presentation, judge: Judge) -> None:
    for e in p.masters:
        age = max_age(e)
        judge(age is not None and age <= max(1, p.target / 2), f"{e.file}: Cache-Control {e.header('Cache-Control')}")
    for e in p.masters[1:]:
        judge(e.status == 200 and took(e) < AT_ONCE_S, f"{e.file}: {e.status} after {took(e):.2f} s")
    for e in p.recording.of("master"):
        judge(e.status == 200, f"{e.file}: {e.status} {e.reason}")
