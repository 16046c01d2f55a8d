"""Goal: a worker killed with SIGKILL and started again on the same archive goes on where it was cut off; the
archive is one recording afterwards. Method: the program itself on one port, a client that asks until it is
answered, and ffmpeg for the recording."""
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from worker import DEADLINE_S, ENDED, FAULT, Playlist, Worker, get_patiently, refused, wait_for


def decode(master):
    """What ffmpeg says of a presentation on disk, and how many pictures it holds."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
         "stream=nb_read_frames", "-of", "json", str(master)],
        capture_output=True, text=True, timeout=2 * DEADLINE_S, check=True)
    return done.stderr, int(json.loads(done.stdout)["streams"][0]["nb_read_frames"])


class Restart(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.archive = pathlib.Path(folder.name)
        self.recording = self.archive / "spaces" / "demo" / "hls"

    def start(self, *arguments, **options):
        worker = Worker("--archive", self.archive, *arguments, **options)
        self.addCleanup(worker.__exit__)
        return worker

    def kill_after(self, worker, segments):
        """The playlists of a worker that was killed when so many segments were complete."""
        wait_for(f"{segments} segments",
                 lambda: len(worker.playlist().numbers) >= segments and worker.playlist().parts)
        last = {name: worker.playlist(name) for name in ("v0", "a0")}
        worker.process.kill()
        worker.process.wait()
        return last

    def test_numbers_go_on_and_the_archive_is_one_recording(self):
        first = self.start()
        first.wait_ready()
        old = first.playlist().numbers[0]
        served = first.hls(f"v0/{old}.m4s")
        before = self.kill_after(first, 3)
        killed = time.monotonic()

        second = self.start(port=first.port)
        # A player that lost its origin asks again for what it asked for: the playlist with the hinted part.
        wanted, part = before["v0"].next_part
        base = second.addresses["viewer"] + "spaces/demo/hls/"
        after = Playlist(get_patiently(f"{base}v0.m3u8?_HLS_msn={wanted}&_HLS_part={part}").decode())
        self.assertIn(b"moof", get_patiently(base + after.parts[-1])[:64])
        print(f"from the kill to the next part: {time.monotonic() - killed:.2f} s", flush=True)
        self.assertEqual(after.discontinuities, 1)

        for name, last in before.items():
            now = second.playlist(name)
            self.assertLessEqual(last.sequence, now.sequence)
            self.assertEqual(last.discontinuity_sequence, now.discontinuity_sequence)
            self.assertEqual(now.numbers, list(range(now.sequence, now.sequence + len(now.numbers))))
            self.assertTrue(set(last.numbers) <= set(now.numbers))
            wait_for("the new run's init section",
                     lambda: second.playlist(name).maps == [f"{name}/init-1.mp4", f"{name}/init-2.mp4"])
            self.assertEqual(second.playlist(name).discontinuities, 1)
            self.assertIn(b"moov", second.hls(f"{name}/init-2.mp4"))
        self.assertEqual(second.hls(f"v0/{old}.m4s"), served, "a name stands for the same bytes for ever")

        wait_for("segments of the new run", lambda: second.playlist().numbers[-1] >= wanted + 2)
        log = second.end()
        self.assertEqual(second.process.returncode, ENDED, log)
        recorded = Playlist((self.recording / "v0.m3u8").read_text())
        self.assertEqual(recorded.tag("EXT-X-PLAYLIST-TYPE"), "VOD")
        self.assertTrue(recorded.ended)
        self.assertEqual(recorded.discontinuities, 1)
        self.assertEqual(recorded.gaps, 0)
        self.assertEqual(recorded.numbers[0], before["v0"].sequence)
        self.assertEqual((self.recording / f"v0/{old}.m4s").read_bytes(), served)
        complaints, frames = decode(self.recording / "master.m3u8")
        self.assertEqual(complaints, "")
        self.assertAlmostEqual(frames / 30, recorded.duration, delta=0.1)

        self.refuse("has ended")

    def refuse(self, *words):
        code, errors = refused("--space", "demo", "--open", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                               "--archive", self.archive)
        self.assertEqual(code, FAULT, errors)
        self.assertEqual(errors.count("\n"), 1, "one line, not: " + errors)
        for word in (str(self.archive), *words):
            self.assertIn(word, errors)

    def test_what_cannot_be_gone_on_with_is_refused_in_one_line(self):
        worker = self.start("--ladder", "720p,240p")
        self.refuse("another process")
        worker.wait_ready()
        self.kill_after(worker, 2)
        self.refuse("720p,240p", "--ladder")
        # The refusals have ended nothing.
        again = self.start("--ladder", "720p,240p")
        again.wait_ready()
        wait_for("the new run", lambda: again.playlist("v1").discontinuities)


if __name__ == "__main__":
    unittest.main()
