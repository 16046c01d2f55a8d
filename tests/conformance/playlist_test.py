"""Goal: what the checker reads out of playlists is what they say, and bad grammar is found.
Method: small texts, one for each thing."""
import unittest
from decimal import Decimal

from hlscheck.media_parser import parse_media
from hlscheck.playlist import ByteRange, parse_date, parse_multivariant

LIVE = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.026,HOLD-BACK=6.0,CAN-SKIP-UNTIL=12.0
#EXT-X-PART-INF:PART-TARGET=0.342
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="v0/init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:50:35.500Z
#EXTINF:2.00000,
v0/7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="v0/init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:50:40.000Z
#EXT-X-PART:DURATION=1.00000,URI="v0/8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="v0/8.1.m4s",GAP=YES
#EXT-X-GAP
#EXTINF:2.00000,
v0/8.m4s
#EXT-X-PART:DURATION=0.333334,URI="v0/9.0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="v0/9.1.m4s"
#EXT-X-RENDITION-REPORT:URI="a0.m3u8",LAST-MSN=9,LAST-PART=0
"""
IFRAMES = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-I-FRAMES-ONLY
#EXT-X-MAP:URI="v0/init-1.mp4"
#EXTINF:2.0,
#EXT-X-BYTERANGE:100@20
v0/0.m4s
#EXTINF:2.0,
#EXT-X-BYTERANGE:50
v0/0.m4s
"""


class MediaPlaylist(unittest.TestCase):
    def test_segments_parts_and_what_applies_to_them(self):
        playlist = parse_media(LIVE)
        self.assertEqual(playlist.problems, [])
        self.assertEqual([s.msn for s in playlist.segments], [7, 8, 9])
        self.assertEqual([s.dsn for s in playlist.segments], [3, 4, 4])
        self.assertEqual([s.map for s in playlist.segments], ["v0/init-1.mp4", "v0/init-2.mp4", "v0/init-2.mp4"])
        self.assertEqual([len(s.parts) for s in playlist.segments], [0, 2, 1])
        self.assertEqual([s.gap for s in playlist.segments], [False, True, False])
        first, second = playlist.segments[1].parts
        self.assertEqual((first.independent, first.gap, second.independent, second.gap), (True, False, False, True))
        self.assertEqual(first.duration, Decimal("1.00000"))
        self.assertEqual(len(playlist.complete), 2)

    def test_edge_and_what_comes_next(self):
        self.assertEqual((parse_media(LIVE).edge, parse_media(LIVE).next), ((9, 0), (9, 1)))
        whole = LIVE[:LIVE.index("#EXT-X-PART:DURATION=0.333334")]
        self.assertEqual((parse_media(whole).edge, parse_media(whole).next), ((8, 1), (9, 0)))

    def test_dates(self):
        playlist = parse_media(LIVE)
        self.assertEqual(playlist.segments[1].date - playlist.segments[0].date, 4.5)
        self.assertAlmostEqual(playlist.end_date, playlist.segments[1].date + 2.333334)
        self.assertIsNone(parse_date("2026-11-22T18:50:35"))
        self.assertEqual(parse_date("1970-01-01T01:00:00+01:00"), 0)

    def test_header(self):
        playlist = parse_media(LIVE)
        self.assertEqual((playlist.target, playlist.part_target), (2, Decimal("0.342")))
        self.assertEqual(playlist.hints, {"PART": "v0/9.1.m4s"})
        self.assertEqual(playlist.reports["a0.m3u8"].attributes["LAST-PART"], "0")

    def test_a_delta_starts_after_what_it_skips(self):
        playlist = parse_media(LIVE.replace("#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=10\n#EXT-X-MAP", 1))
        self.assertEqual((playlist.skipped, playlist.segments[0].msn), (10, 17))

    def test_byte_ranges_go_on(self):
        ranges = [segment.byte_range for segment in parse_media(IFRAMES).segments]
        self.assertEqual(ranges, [ByteRange(100, 20), ByteRange(50, 120)])

    def test_bad_grammar_is_found(self):
        for bad in ('#EXT-X-PART:DURATION=1,URI="a", INDEPENDENT=YES', "#EXT-X-PART:DURATION=1", "#EXTINF:1.0",
                    "#EXTINF:-1,", "#EXT-X-MEDIA-SEQUENCE:x", "#EXT-X-PROGRAM-DATE-TIME:yesterday",
                    '#EXT-X-MAP:URI="a",URI="b"', "lost.m4s", "#EXT-X-BYTERANGE:1@x", "#EXT-X-MAP:URI=a,"):
            with self.subTest(bad):
                self.assertNotEqual(parse_media("#EXTM3U\n" + bad + "\n").problems, [])


class MultivariantPlaylist(unittest.TestCase):
    def test_variants_renditions_and_all_playlists_once(self):
        playlist = parse_multivariant(
            '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="P",URI="a0.m3u8"\n'
            '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.42c01f,mp4a.40.2",AUDIO="a"\nv0.m3u8\n'
            '#EXT-X-STREAM-INF:BANDWIDTH=1\na0.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i.m3u8"\n')
        self.assertEqual(playlist.problems, [])
        self.assertEqual(playlist.playlists, ["v0.m3u8", "a0.m3u8", "i.m3u8"])
        self.assertEqual(playlist.variants[0][0]["CODECS"], "avc1.42c01f,mp4a.40.2")

    def test_a_variant_without_uri_and_a_uri_without_variant_are_found(self):
        for bad in ("v0.m3u8\n", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\nv0.m3u8\n"):
            self.assertNotEqual(parse_multivariant("#EXTM3U\n" + bad).problems, [])


if __name__ == "__main__":
    unittest.main()
