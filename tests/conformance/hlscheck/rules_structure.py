"""R25-R28, R32, R33, R36, R47, R48, R64: what each media playlist is made of."""
from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from .playlist import MULTIVARIANT_TAGS, ONCE_TAGS, MediaPlaylist
from .presentation import Presentation
from .rules import MUST, SHOULD, Judge, rule


def needed_version(playlist: MediaPlaylist) -> int:
    """§8, for the tags that an LL-HLS origin may use; R86 judges deltas that leave out date ranges."""
    need = 1
    if any("." in segment.duration_text for segment in playlist.segments):
        need = 3
    if playlist.one("EXT-X-BYTERANGE") or playlist.iframes_only:
        need = 4
    if playlist.one("EXT-X-MAP"):
        need = 5 if playlist.iframes_only else 6
    if playlist.one("EXT-X-SKIP"):
        need = 9
    return need


@rule(25, MUST, "4.4.1.1", "EXTM3U first; every line is grammatical")
def r25(p: Presentation, judge: Judge) -> None:
    for e in p.playlists:
        # A byte order mark is R2's.
        judge(e.text.removeprefix("\ufeff").startswith(("#EXTM3U\n", "#EXTM3U\r\n")),
              f"{e.file}: begins with {e.text[:20]!r}")
        if e.path != p.recording.root:
            for problem in p.parse(e).problems:
                judge(False, f"{e.file}: {problem}")
    for problem in p.master.problems:
        judge(False, f"multivariant playlist: {problem}")


@rule(26, MUST, "4.4.1.2, 8", "one EXT-X-VERSION, high enough and always the same")
def r26(p: Presentation, judge: Judge) -> None:
    seen: dict[str, set[str]] = {}
    for e in p.playlists:
        playlist = p.parse(e)
        versions = [tag.value for tag in playlist.all("EXT-X-VERSION")]
        if not judge(len(versions) == 1 and versions[0].isdigit(), f"{e.file}: EXT-X-VERSION {versions}"):
            continue
        need = needed_version(playlist)
        judge(int(versions[0]) >= need, f"{e.file}: EXT-X-VERSION {versions[0]}, needed is {need}")
        if playlist.attribute("EXT-X-SKIP", "RECENTLY-REMOVED-DATERANGES") is None:
            seen.setdefault(e.path, set()).add(versions[0])
    for path, versions_seen in seen.items():
        judge(len(versions_seen) == 1, f"{path}: EXT-X-VERSION changes: {sorted(versions_seen)}")


@rule(27, MUST, "4.4.2, 4.4.3", "tags that may come once do; none of the multivariant playlist")
def r27(p: Presentation, judge: Judge) -> None:
    for e in p.playlists:
        if e.path == p.recording.root:
            continue
        playlist = p.parse(e)
        names = [tag.name for tag in playlist.tags]
        double = sorted(name for name in ONCE_TAGS if names.count(name) > 1)
        judge(not double, f"{e.file}: more than once: {', '.join(double)}")
        foreign = sorted(MULTIVARIANT_TAGS & set(names))
        judge(not foreign, f"{e.file}: of a multivariant playlist: {', '.join(foreign)}")


@rule(28, MUST, "4.4.3.1, 6.2.1, 6.2.4, AAS 7.7", "one target duration for all, never exceeded")
def r28(p: Presentation, judge: Judge) -> None:
    values = {tag.value for _, s in p.snapshots for tag in s.playlist.all("EXT-X-TARGETDURATION")}
    if values:
        judge(len(values) == 1, f"EXT-X-TARGETDURATION is {', '.join(sorted(values))}")
    for _, s in p.snapshots:
        target = s.playlist.one("EXT-X-TARGETDURATION")
        if not judge(target is not None and target.value.isdigit() and int(target.value) >= 1,
                     f"{s.where}: EXT-X-TARGETDURATION {target.value if target else 'is missing'}"):
            continue
        for segment in s.playlist.complete:
            rounded = (segment.duration or Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP)
            judge(rounded <= s.playlist.target, f"{s.where}: EXTINF {segment.duration_text} of {segment.msn}")


@rule(32, MUST, "6.2.2", "a live playlist has no EXT-X-PLAYLIST-TYPE")
def r32(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        if not s.playlist.ended:
            judge(s.playlist.one("EXT-X-PLAYLIST-TYPE") is None, f"{s.where}: EXT-X-PLAYLIST-TYPE")


@rule(33, MUST, "3.1.2, 4.4.4.9", "every segment and part has its EXT-X-MAP, in front of it")
def r33(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        for segment in s.playlist.segments:
            judge(bool(segment.map) and (segment.first_part_line < 0 or segment.map_line < segment.first_part_line),
                  f"{s.where}: no EXT-X-MAP in front of segment {segment.msn}")


@rule(36, MUST, "4.4.2.1, AAS 9.11", "EXT-X-INDEPENDENT-SEGMENTS in the multivariant playlist, or in all video ones")
def r36(p: Presentation, judge: Judge) -> None:
    in_master = bool(p.master.all("EXT-X-INDEPENDENT-SEGMENTS"))
    for r in p.video:
        for s in r.snapshots:
            in_media = s.playlist.one("EXT-X-INDEPENDENT-SEGMENTS") is not None
            judge(in_master != in_media, f"{s.where}: EXT-X-INDEPENDENT-SEGMENTS "
                  + ("is here and in the multivariant playlist" if in_media else "is nowhere"))


@rule(47, MUST, "6.2.1, 4.4.5.1", "date ranges: with dates, unchanged, in all playlists")
def r47(p: Presentation, judge: Judge) -> str | None:
    known: dict[tuple[str, str], str] = {}
    per_state: dict[str, set[str]] = {}
    for r, s in p.snapshots:
        ranges = s.playlist.all("EXT-X-DATERANGE")
        for tag in ranges:
            attributes = tag.attributes
            name = attributes.get("ID", "")
            judge(bool(name), f"{s.where}: EXT-X-DATERANGE without ID")
            for key, value in attributes.items():
                before = known.setdefault((name, key), value)
                judge(before == value, f"{s.where}: {key} of date range {name} was {before}, is {value}")
            judge((name, "START-DATE") in known, f"{s.where}: date range {name} without START-DATE")
        if ranges:
            judge(any(segment.date for segment in s.playlist.segments), f"{s.where}: date ranges without dates")
            per_state.setdefault(r.uri, set()).update(tag.attributes.get("ID", "") for tag in ranges)
    if not known:
        return "no EXT-X-DATERANGE in this presentation"
    everywhere = set.union(*per_state.values())
    newest = sorted(everywhere)[-1:]  # May have come to one playlist after the other's last snapshot.
    for uri, names in per_state.items():
        missing = everywhere - names - set(newest)
        judge(not missing, f"{uri}: date ranges of other playlists are missing: {', '.join(sorted(missing))}")
    return None


@rule(48, MUST, "4.4.4.8", "EXT-X-BITRATE within a tenth")
def r48(p: Presentation, judge: Judge) -> str | None:
    for r in p.renditions:
        for segment in r.complete:
            body = r.body(r.url.rsplit("/", 1)[0] + "/" + segment.uri)
            if segment.bitrate and body and segment.duration and not segment.byte_range:
                real = len(body) * 8 / float(segment.duration) / 1000
                judge(0.9 * real <= segment.bitrate <= 1.1 * real,
                      f"{r.uri}: EXT-X-BITRATE {segment.bitrate} of {segment.msn}, measured {real:.0f}")
    return "EXT-X-BITRATE is not used"


@rule(64, SHOULD, "AAS 14.4", "windows above two minutes offer delta updates, with date ranges those too")
def r64(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        control = s.playlist.one("EXT-X-SERVER-CONTROL")
        offers = control.attributes if control else {}
        judge(s.playlist.length <= 120 or "CAN-SKIP-UNTIL" in offers, f"{s.where}: no CAN-SKIP-UNTIL")
        judge(not s.playlist.all("EXT-X-DATERANGE") or offers.get("CAN-SKIP-DATERANGES") == "YES",
              f"{s.where}: date ranges, but not CAN-SKIP-DATERANGES=YES")
