"""Goal: viewers never cost the program a frame. Method: a worker that encodes, and 3,000 keep-alive connections straight to
it, half of which wait for each next playlist and half for each next part. Counted is what is in the stream: every picture
and every frame of sound of its timeline is there, in its place, and the mixer and the stage have left nothing out. How late
anything is depends on the machine: scripts/bench frames measures that."""
import sys
import unittest

from crowd import Crowd, allow_descriptors
from worker import SOURCE, Worker

sys.path.insert(0, f"{SOURCE}/tests/conformance")
from hlscheck.media import read_fragments, read_init  # noqa: E402

VIEWERS = 3000
PARTS = 45  # 15 s.


def frames(worker, rendition):
    """(time, duration) of everything published, and the time scale."""
    playlist = worker.playlist(rendition)
    init = read_init(worker.hls(playlist.maps[0]))
    track = init.tracks[0]
    found = []
    listed = [f"{rendition}/{number}.m4s" for number in playlist.numbers]
    # Of the segment that is not whole yet, the parts.
    unfinished = [part for part in playlist.parts if int(part.split("/")[1].split(".")[0]) not in playlist.numbers]
    for name in (*listed, *unfinished):
        for fragment in read_fragments(worker.hls(name), init.trex[track.id]):
            time = fragment.tfdt
            for sample in fragment.samples:
                found.append((time, sample.duration))
                time += sample.duration
    return found, track.timescale


class Crowded(unittest.TestCase):
    def check_timeline(self, worker, rendition, per_second):
        found, scale = frames(worker, rendition)
        self.assertGreater(len(found), per_second * PARTS // 3)
        for (time, duration), (following, _) in zip(found, found[1:]):
            self.assertEqual(following, time + duration)
            # Where the scale is not a multiple of the rate, one tick more or less.
            self.assertLessEqual(abs(duration - scale / per_second), 1)

    def test_3000_viewers_cost_no_frame(self):
        allow_descriptors()
        with Worker("--size", "640x360") as worker:
            worker.wait_ready()
            with Crowd(worker, VIEWERS) as crowd:
                for _ in range(PARTS):
                    self.assertEqual(crowd.wait_for_part(), VIEWERS)
            # They did wait, and nobody was sent away.
            self.assertGreater(worker.metric("spacecast_origin_parked_total"), VIEWERS)
            for refused in ("turned_away", "timed_out", "not_found", "bad_requests"):
                self.assertEqual(worker.metric(f"spacecast_origin_{refused}_total"), 0, refused)
            self.assertEqual(worker.metric("spacecast_program_skipped_pictures_total"), 0)
            self.assertEqual(worker.metric("spacecast_program_skipped_sound_ticks_total"), 0)
            playlist = worker.playlist()
            self.assertEqual((playlist.discontinuities, playlist.gaps), (0, 0))
            self.check_timeline(worker, "v0", 30)
            self.check_timeline(worker, "a0", 48000 / 1024)


if __name__ == "__main__":
    unittest.main()
