"""Goal: an hour of picture and sound, recorded by llhlssink as fast as its sources go, is whole on the disk.
Method: gst-launch-1.0 with encoders; every segment is read back box by box, and ffmpeg decodes it all."""
import subprocess
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

from hlscheck.media import read_fragments, read_init
from hlscheck.media_parser import parse_media
from hlscheck.playlist import parse_multivariant

SECONDS = 3600
FRAMES = 30 * SECONDS
SAMPLES, RATE = 1024, 48000
SOUND_FRAMES = SECONDS * RATE // SAMPLES
DEADLINE_S = 900
# EXTINF is printed in whole 10 µs.
PRINTED = Fraction(1, 100_000)

PICTURE = (f"videotestsrc num-buffers={FRAMES} pattern=ball ! video/x-raw,width=160,height=90,framerate=30/1 "
           "! x264enc speed-preset=ultrafast tune=zerolatency key-int-max=30 bitrate=64 ! hls.video_0")
SOUND = (f"audiotestsrc num-buffers={SOUND_FRAMES} samplesperbuffer={SAMPLES} ! audio/x-raw,rate={RATE},channels=1 "
         "! avenc_aac bitrate=32000 ! aacparse ! hls.audio_0")


class Track:
    """A rendition as its playlist and files give it."""

    def __init__(self, directory, name):
        self.playlist = parse_media((directory / f"{name}.m3u8").read_text())
        self.frames = 0
        self.faults = []
        first = self.playlist.segments[0]
        init = read_init((directory / first.map).read_bytes())
        self.timescale = init.tracks[0].timescale
        trex = init.trex[init.tracks[0].id]
        self.begin = self.end = None
        self.listed = Fraction(0)
        for segment in self.playlist.segments:
            duration = self.read(read_fragments((directory / segment.uri).read_bytes(), trex))
            listed = Fraction(segment.duration)
            self.listed += listed
            if abs(listed - Fraction(duration, self.timescale)) > PRINTED:
                self.faults.append(f"segment {segment.msn}: EXTINF {listed}, samples {duration}/{self.timescale}")

    def read(self, fragments):
        """Of one segment; its duration in ticks."""
        for fragment in fragments:
            if self.begin is None:
                self.begin = self.end = fragment.tfdt
            if fragment.tfdt != self.end:
                self.faults.append(f"tfdt {fragment.tfdt} after {self.end}")
            self.end = fragment.tfdt + fragment.duration
            self.frames += len(fragment.samples)
        return sum(fragment.duration for fragment in fragments)

    @property
    def end_s(self):
        return Fraction(self.end, self.timescale)

    @property
    def duration_s(self):
        return Fraction(self.end - self.begin, self.timescale)


class Hour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.directory = Path(cls.temporary.name) / "hls"
        sink = f"llhlssink name=hls archive=true location={cls.directory}"
        made = subprocess.run(["gst-launch-1.0", "-q", *f"{sink} {PICTURE} {SOUND}".split()], check=False,
                              capture_output=True, text=True, timeout=DEADLINE_S)
        assert made.returncode == 0 and "WARNING" not in made.stderr, made.stderr
        cls.tracks = {name: Track(cls.directory, name) for name in ("v0", "a0")}

    def test_every_part_begins_where_the_one_before_ends(self):
        for track in self.tracks.values():
            self.assertEqual(track.faults, [])

    def test_no_frame_is_missing(self):
        self.assertEqual(self.tracks["v0"].frames, FRAMES)
        # The encoder puts one in front and may keep one back; what is before the first picture has no place.
        self.assertAlmostEqual(self.tracks["a0"].frames, SOUND_FRAMES, delta=2)

    def test_picture_and_sound_end_together(self):
        ends = [track.end_s for track in self.tracks.values()]
        self.assertLessEqual(abs(ends[0] - ends[1]), Fraction(SAMPLES, RATE))

    def test_playlists_are_vod_of_the_whole_length(self):
        for name, track in self.tracks.items():
            playlist = track.playlist
            with self.subTest(name):
                self.assertTrue(playlist.ended)
                self.assertEqual(playlist.one("EXT-X-PLAYLIST-TYPE").value, "VOD")
                self.assertEqual([s.msn for s in playlist.segments], list(range(SECONDS // 2)))
                self.assertFalse(any(s.gap or s.discontinuity for s in playlist.segments))
                self.assertLessEqual(abs(track.listed - track.duration_s), PRINTED * len(playlist.segments))
        master = parse_multivariant((self.directory / "master.m3u8").read_text())
        self.assertEqual(master.problems, [])

    def test_it_decodes_without_a_fault(self):
        played = subprocess.run(["ffmpeg", "-v", "error", "-i", self.directory / "master.m3u8", "-map", "0", "-f",
                                 "null", "-"], check=False, capture_output=True, text=True, timeout=DEADLINE_S)
        self.assertEqual((played.returncode, played.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
