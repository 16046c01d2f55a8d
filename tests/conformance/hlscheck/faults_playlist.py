"""Faults in playlists."""
from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urljoin

from .faults import (NoPlace, audio, a_part, before_segment, each_line, each_playlist, fault, one, segment_prefix,
                     snapshot, video)
from .presentation import Presentation
from .recording import Recording

REMOVED_LINE = r"^#EXT-X-MEDIA-SEQUENCE:(\d+)$"


@fault("a part is longer than PART-TARGET", "R52")
def long_part(recording: Recording) -> Recording:
    return each_line(recording, r"PART-TARGET=[\d.]+", "PART-TARGET=0.33")


@fault("a part is far shorter than PART-TARGET", "R53", "R34", "R55")
def short_part(recording: Recording) -> Recording:
    r = video(recording)
    part = next((x for x in r.parts if x.index == 1 and not x.part.independent and x.segment.uri), None)
    if part is None:
        raise NoPlace("no part in the middle")
    pattern = rf"DURATION=[\d.]+(,URI=\"{re.escape(part.part.uri)}\")"
    return each_line(recording, pattern, r"DURATION=0.20000\1", r.url)


@fault("a rendition report is missing", "R71")
def no_report(recording: Recording) -> Recording:
    return each_line(recording, rf"^#EXT-X-RENDITION-REPORT:URI=\"{audio(recording).uri}\".*\n", "",
                     video(recording).url)


@fault("LAST-PART is one too high", "R71")
def wrong_report(recording: Recording) -> Recording:
    def later(text: str) -> str:
        return re.sub(rf"(URI=\"{audio(recording).uri}\",LAST-MSN=\d+,LAST-PART=)(\d+)",
                      lambda m: m[1] + str(int(m[2]) + 1), text)
    return each_playlist(recording, later, video(recording).url, ("probe:report",))


@fault("a part is hinted that never comes", "R66")
def hint_never_comes(recording: Recording) -> Recording:
    target = snapshot(video(recording))
    return one(recording, lambda e: e is target, lambda e: e.with_text(
        re.sub(r"TYPE=PART,URI=\"[^\"]+\"", 'TYPE=PART,URI="v0/99999.0.m4s"', e.text)))


@fault("no hint", "R65")
def no_hint(recording: Recording) -> Recording:
    target = snapshot(video(recording))
    return one(recording, lambda e: e is target,
               lambda e: e.with_text(re.sub(r"#EXT-X-PRELOAD-HINT.*\n", "", e.text)))


@fault("PART-HOLD-BACK changes on the way", "R38")
def hold_back_changes(recording: Recording) -> Recording:
    since = snapshot(video(recording)).t_last_byte
    playlists = {r.url for r in Presentation(recording).renditions}
    return recording.map(lambda e: e.with_text(re.sub(r"PART-HOLD-BACK=[\d.]+", "PART-HOLD-BACK=1.2", e.text))
                         if e.kind == "playlist" and e.path in playlists and e.t_last_byte > since else e)


@fault("PART-HOLD-BACK is below three part targets", "R59")
def small_part_hold_back(recording: Recording) -> Recording:
    return each_line(recording, r"PART-HOLD-BACK=[\d.]+", "PART-HOLD-BACK=0.9")


@fault("HOLD-BACK is below three target durations", "R60")
def small_hold_back(recording: Recording) -> Recording:
    return each_line(recording, r",HOLD-BACK=[\d.]+", ",HOLD-BACK=5.9")


@fault("CAN-SKIP-UNTIL is below six target durations", "R61")
def small_skip(recording: Recording) -> Recording:
    # Not in the answers to probes, of which the number of skipped segments is judged.
    return each_line(recording, r"CAN-SKIP-UNTIL=[\d.]+", "CAN-SKIP-UNTIL=11.0", kinds=("playlist",))


@fault("one playlist has another EXT-X-SERVER-CONTROL", "R62")
def other_control(recording: Recording) -> Recording:
    return each_line(recording, r",HOLD-BACK=[\d.]+", ",HOLD-BACK=6.5", audio(recording).url)


@fault("EXT-X-MEDIA-SEQUENCE goes back", "R29")
def sequence_goes_back(recording: Recording) -> Recording:
    """A removed segment is back in one response."""
    r = video(recording)
    for a, b in zip(r.snapshots, r.snapshots[1:]):
        step = b.playlist.media_sequence - a.playlist.media_sequence
        if step == 1 and a.playlist.complete and not a.playlist.complete[0].parts:
            break
    else:
        raise NoPlace("nothing was removed")
    old = re.search(r"^#EXT-X-PROGRAM-DATE-TIME.*\n#EXTINF.*\n.*\n", a.exchange.text, re.M)
    after = r.snapshots[r.snapshots.index(b) + 1].exchange
    if old is None:
        raise NoPlace("no segment")

    def back(text: str) -> str:
        text = re.sub(REMOVED_LINE, lambda m: f"#EXT-X-MEDIA-SEQUENCE:{int(m[1]) - 1}", text, flags=re.M)
        return text.replace("#EXT-X-PROGRAM-DATE-TIME", old[0] + "#EXT-X-PROGRAM-DATE-TIME", 1)
    return one(recording, lambda e: e is after, lambda e: e.with_text(back(e.text)))


@fault("a segment has no date", "R35")
def no_date(recording: Recording) -> Recording:
    r = audio(recording)
    uri = re.escape(r.complete[len(r.complete) // 2].date_text)
    return each_line(recording, rf"^#EXT-X-PROGRAM-DATE-TIME:{uri}\n", "", r.url)


@fault("sound and picture have different dates", "R97")
def dates_apart(recording: Recording) -> Recording:
    def later(m: re.Match[str]) -> str:
        date = datetime.fromisoformat(m[1]) + timedelta(milliseconds=12)
        return "#EXT-X-PROGRAM-DATE-TIME:" + date.isoformat(timespec="milliseconds")
    return each_playlist(recording, lambda text: re.sub("#EXT-X-PROGRAM-DATE-TIME:(.*)", later, text),
                         audio(recording).url)


@fault("EXT-X-MAP changes without EXT-X-DISCONTINUITY", "R114")
def map_changes(recording: Recording) -> Recording:
    r = video(recording)
    segment = r.complete[-2]
    other = segment.map.replace("init-", "init-9") if segment.map else ""
    hint = f'#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="{other}"\n'
    old = urljoin(r.url, segment.map or "")

    def change(text: str) -> str:
        changed = before_segment(text, segment_prefix(segment.uri), f'#EXT-X-MAP:URI="{other}"\n')
        return changed if changed != text else text + hint
    changed = each_playlist(recording, change, r.url)
    copies = tuple(replace(e, url=urljoin(r.url, other)) for e in recording.of("init") if e.url == old)
    return replace(changed, exchanges=changed.exchanges + copies)


@fault("EXT-X-DISCONTINUITY-SEQUENCE stays when a discontinuity leaves", "R31")
def discontinuity_sequence_stays(recording: Recording) -> Recording:
    gone = {r.url: [s.msn for s in r.snapshots[1].playlist.complete
                    if s.msn < r.snapshots[-1].playlist.media_sequence] for r in Presentation(recording).renditions}
    common = set.intersection(*(set(numbers) for numbers in gone.values()))
    if len(common) < 2:
        raise NoPlace("nothing was removed")
    msn = sorted(common)[1]
    for r in Presentation(recording).renditions:
        prefix = segment_prefix(r.segments[msn].uri)
        recording = each_playlist(recording, partial(before_segment, uri_prefix=prefix,
                                                     insert="#EXT-X-DISCONTINUITY\n"), r.url)
    return recording


@fault("a byte order mark", "R2")
def byte_order_mark(recording: Recording) -> Recording:
    target = snapshot(audio(recording))
    return one(recording, lambda e: e is target, lambda e: e.with_text("\ufeff" + e.text))


@fault("a tag twice", "R27")
def tag_twice(recording: Recording) -> Recording:
    return each_line(recording, r"^(#EXT-X-TARGETDURATION:.*\n)", r"\1\1", audio(recording).url)


@fault("a playlist type", "R32")
def playlist_type(recording: Recording) -> Recording:
    return each_line(recording, r"^(#EXT-X-TARGETDURATION:.*\n)", r"\1#EXT-X-PLAYLIST-TYPE:EVENT\n")


@fault("EXT-X-VERSION too low for EXT-X-SKIP", "R26")
def low_version(recording: Recording) -> Recording:
    return each_line(recording, r"^#EXT-X-VERSION:9$", "#EXT-X-VERSION:6")


@fault("INDEPENDENT=YES is missing", "R54")
def not_independent(recording: Recording) -> Recording:
    r = video(recording)
    uri = re.escape(a_part(recording, r, 0).part.uri)
    return each_line(recording, rf"(URI=\"{uri}\"),INDEPENDENT=YES", r"\1", r.url)


@fault("wrong CODECS", "R90")
def wrong_codecs(recording: Recording) -> Recording:
    return recording.map(lambda e: e.with_text(re.sub(r"avc1\.[0-9a-f]{6}", "avc1.640029", e.text))
                         if e.path == recording.root and e.status == 200 else e)


@fault("AVERAGE-BANDWIDTH below what is sent", "R91")
def low_bandwidth(recording: Recording) -> Recording:
    return recording.map(lambda e: e.with_text(re.sub(r"AVERAGE-BANDWIDTH=\d+", "AVERAGE-BANDWIDTH=1000", e.text))
                         if e.path == recording.root and e.status == 200 else e)
