"""Goal: viewers never cost the program a frame. Method: a worker that encodes, and 3,000 keep-alive connections straight to
it, half of which wait for each next playlist and half for each next part. Counted is what is in the stream: every picture
and every frame of sound of its timeline is there, in its place, and the mixer and the stage have left nothing out. How late
anything is depends on the machine: scripts/bench frames measures that."""
import os
import pathlib
import resource
import subprocess
import sys
import unittest

from worker import SOURCE, Worker

sys.path.insert(0, f"{SOURCE}/tests/conformance")
from hlscheck.media import read_fragments, read_init  # noqa: E402

CONNECTIONS = 1500  # Of each crowd.
PARTS = 45  # 15 s.
DESCRIPTORS = 8000


class Crowd:
    """tests/bench/crowd.cpp. Viewers have machines of their own: here they come last."""

    def __init__(self, port):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "19", f"{os.environ['SPACECAST_BUILD']}/tests/bench/crowd",
             str(port), str(CONNECTIONS), "/spaces/demo/hls/a0/init-1.mp4"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().split()

    def ask(self, target):
        """On all connections, which then wait."""
        self.say("ask /spaces/demo/hls/" + target)
        self.hear()

    def collect(self):
        """How many of them were answered with 200."""
        self.say("collect")
        return int(self.hear()[1])


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
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
        with Worker("--size", "640x360") as worker:
            worker.wait_ready()
            with Crowd(worker.port) as reloads, Crowd(worker.port) as parts:
                self.assertEqual((reloads.hear(), parts.hear()), (["ready"], ["ready"]))
                for _ in range(PARTS):
                    segment, part = worker.playlist().next_part
                    reloads.ask(f"v0.m3u8?_HLS_msn={segment}&_HLS_part={part}")
                    parts.ask(f"v0/{segment}.{part}.m4s")
                    self.assertEqual((reloads.collect(), parts.collect()), (CONNECTIONS, CONNECTIONS))
            # They did wait, and nobody was sent away.
            self.assertGreater(worker.metric("spacecast_origin_parked_total"), 2 * CONNECTIONS)
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
