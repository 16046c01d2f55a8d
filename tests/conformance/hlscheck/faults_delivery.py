"""Faults in answers, their headers and times, and in media."""
from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin

from .faults import NoPlace, a_part, audio, change_media, each_playlist, fault, one, patched, snapshot, video
from .presentation import Presentation
from .recording import Exchange, Recording


def missing(e: Exchange) -> Exchange:
    return replace(e.with_body(b""), status=404, reason="Not Found").with_header("Cache-Control", "no-store")


@fault("a segment's bytes are not its parts'", "R55")
def other_bytes(recording: Recording) -> Recording:
    r = video(recording)
    url = urljoin(r.url, a_part(recording, r, 2).segment.uri)
    return one(recording, lambda e: e.kind == "segment" and e.url == url,
               lambda e: e.with_body(e.body[:-1] + bytes([e.body[-1] ^ 1])))


@fault("a hole in tfdt", "R101")
def tfdt_hole(recording: Recording) -> Recording:
    r = video(recording)
    part = a_part(recording, r, 2)
    body = r.body(part.url) or b""
    wide = body[body.index(b"tfdt") + 4] == 1
    return change_media(recording, r, part, patched(body, b"tfdt", 4, lambda t: t + 500, 8 if wide else 4))


@fault("mfhd goes back", "R102")
def mfhd_back(recording: Recording) -> Recording:
    r = audio(recording)
    part = a_part(recording, r, 2)
    return change_media(recording, r, part, patched(r.body(part.url) or b"", b"mfhd", 4, lambda n: n - 1, 4))


@fault("an edit of the init section's bytes", "R114")
def init_changes(recording: Recording) -> Recording:
    # The last answer, not what the media is read with.
    return one(recording, lambda e: e.kind == "init", lambda e: e.with_body(e.body[:-1] + b"x"), which=1)


@fault("an I-frame's range is too short", "R95")
def short_iframe(recording: Recording) -> Recording:
    playlists = Presentation(recording).iframes
    if not playlists:
        raise NoPlace("no I-frame playlist")
    r = playlists[0]
    segment = r.complete[len(r.complete) // 2]
    if segment.byte_range is None:
        raise NoPlace("no byte ranges")
    old, length = segment.byte_range, segment.byte_range.length - 20
    url, asked = urljoin(r.url, segment.uri), f"bytes={old.offset}-{old.end - 1}"

    def shorten(text: str) -> str:
        return re.sub(rf"#EXT-X-BYTERANGE:{old.length}@{old.offset}(\n(?:#.*\n)*{re.escape(segment.uri)}\n)",
                      rf"#EXT-X-BYTERANGE:{length}@{old.offset}\1", text)

    def cut(e: Exchange) -> Exchange:
        if e.kind != "iframe" or e.url != url or e.asked("Range") != asked:
            return e
        end = old.offset + length - 1
        headers = tuple((k, f"bytes={old.offset}-{end}" if k == "Range" else v) for k, v in e.request_headers)
        total = (e.header("Content-Range") or "/").rpartition("/")[2]
        return replace(e, request_headers=headers).with_body(e.body[:length]).with_header(
            "Content-Range", f"bytes {old.offset}-{end}/{total}")
    return each_playlist(recording, shorten, r.url).map(cut)


@fault("no CORS header on a 404", "R12")
def no_cors(recording: Recording) -> Recording:
    return one(recording, lambda e: e.status == 404, lambda e: e.with_header("Access-Control-Allow-Origin", None))


@fault("gzip is ignored", "R3")
def no_gzip(recording: Recording) -> Recording:
    return recording.map(lambda e: e.with_header("Content-Encoding", None).with_body(e.content)
                         if e.kind == "probe:gzip" else e)


@fault("a chunked part without length", "R14")
def chunked(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "part", lambda e: e.with_header("Content-Length", None)
               .with_header("Transfer-Encoding", "chunked"))


@fault("blocking reloads are not cached", "R15")
def uncached(recording: Recording) -> Recording:
    return recording.map(lambda e: e.with_header("Cache-Control", "no-cache")
                         if e.kind == "playlist" and "_HLS_msn" in e.query else e)


@fault("a redirect", "R11", "R70")
def redirect(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "part", lambda e: replace(e, status=307))


@fault("parts come too late", "R41")
def late_parts(recording: Recording) -> Recording:
    start = recording.exchanges[0].t_request

    def slow(t: float) -> float:
        return start + (t - start) * 1.3
    return recording.map(lambda e: replace(e, t_request=slow(e.t_request), t_headers=slow(e.t_headers),
                                           t_first_byte=slow(e.t_first_byte), t_last_byte=slow(e.t_last_byte)))


@fault("a hinted part is not there", "R68")
def hint_not_found(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "hint", missing)


@fault("parts are sent while they are made", "R69")
def sent_early(recording: Recording) -> Recording:
    return recording.map(lambda e: replace(e, t_headers=e.t_request + 0.01, t_first_byte=e.t_request + 0.01)
                         if e.kind == "hint" else e)


@fault("a listed part is not there yet", "R70")
def listed_too_early(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "part", missing)


@fault("a removed part is gone at once", "R44")
def part_gone(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "late-part", missing)


@fault("a removed segment is gone at once", "R43")
def segment_gone(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "late-segment", missing)


@fault("a blocking reload is answered before its part is there", "R75")
def answered_early(recording: Recording) -> Recording:
    r = video(recording)
    middle = len(r.snapshots) // 2
    before, target = r.snapshots[middle - 1].exchange, r.snapshots[middle].exchange
    return one(recording, lambda e: e is target, lambda e: e.with_text(before.text))


@fault("a reload of a whole segment is answered before its end", "R74")
def segment_early(recording: Recording) -> Recording:
    old = snapshot(video(recording), 0.0)
    return one(recording, lambda e: e.kind == "probe:msn-ahead", lambda e: e.with_text(old.text))


@fault("one that is too far ahead is not refused", "R78")
def not_refused(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "probe:msn-too-far",
               lambda e: replace(snapshot(video(recording)), kind=e.kind, url=e.url))


@fault("an update that is not atomic", "R39")
def torn(recording: Recording) -> Recording:
    return one(recording, lambda e: e.kind == "probe:crowd", lambda e: e.with_text(
        re.sub(r"#EXT-X-PRELOAD-HINT.*\n", "", e.text)))


def skipping(e: Exchange) -> bool:
    return e.kind == "probe:delta" and "_HLS_skip=YES" in e.query and "#EXT-X-SKIP" in e.text


def without_segments(text: str, count: int) -> str:
    """The first segments left out, each to its URI line; EXT-X-MAP stays in scope."""
    kept = []
    for line in text.splitlines(keepends=True):
        if not count or line.startswith("#EXT-X-MAP"):
            kept.append(line)
        else:
            count -= not line.startswith("#")
    return "".join(kept)


@fault("a delta update skips too many", "R85")
def skips_too_many(recording: Recording) -> Recording:
    def skip_more(e: Exchange) -> Exchange:
        head, mark, tail = re.split(r"(#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+)", e.text)
        number = int(mark.rpartition("=")[2])
        rest, lines = tail.split("\n", 1)
        return e.with_text(f"{head}#EXT-X-SKIP:SKIPPED-SEGMENTS={number + 2}{rest}\n{without_segments(lines, 2)}")
    return one(recording, skipping, skip_more)


@fault("a delta update loses a segment", "R84")
def delta_loses(recording: Recording) -> Recording:
    def lose(e: Exchange) -> Exchange:
        head, mark, tail = re.split(r"(#EXT-X-SKIP.*\n)", e.text)
        return e.with_text(head + mark + without_segments(tail, 1))
    return one(recording, skipping, lose)
