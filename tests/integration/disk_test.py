"""Goal: whatever the archive's disk does, the Space goes on and operators are told; a disk that is stuck holds up
the end no longer than the drain time. Method: the program itself; a file in the directory's place is a disk that
refuses, a FIFO that nobody reads in a file's place is one that is stuck."""
import json
import os
import pathlib
import tempfile
import unittest

from worker import ENDED, FAULT, Playlist, Worker, wait_for


class Disk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.recording = pathlib.Path(folder.name) / "spaces" / "demo" / "hls"
        self.worker = Worker("--archive", folder.name, "--log", "json", "--drain", 3)
        self.addCleanup(self.worker.__exit__)
        self.worker.wait_ready()

    def end(self):
        log = [json.loads(line) for line in self.worker.end().splitlines()]
        return [entry["event"] for entry in log], log

    def goes_on(self):
        before = self.worker.playlist().numbers[-1]
        wait_for("live to go on", lambda: self.worker.playlist().numbers[-1] >= before + 2)

    def test_a_disk_that_refuses_is_told_once_and_caught_up_with(self):
        aside = self.recording.with_name("aside")
        self.recording.rename(aside)
        self.recording.touch()
        wait_for("the fault", lambda: self.worker.metric("spacecast_archive_failing"))
        self.goes_on()
        self.assertEqual(self.worker.get("admin", "readyz").status, 200)
        self.recording.unlink()
        aside.rename(self.recording)
        wait_for("the disk's recovery", lambda: not self.worker.metric("spacecast_archive_failing"))
        written = self.worker.metric("spacecast_archive_segments_total")
        wait_for("segments on it", lambda: self.worker.metric("spacecast_archive_segments_total") > written)
        self.assertEqual(self.worker.metric("spacecast_archive_missing_segments_total"), 0)
        events, _ = self.end()
        self.assertEqual(self.worker.process.returncode, ENDED, events)
        self.assertEqual(events.count("disk fails"), 1)
        self.assertIn("archive closed", events)
        recorded = Playlist((self.recording / "v0.m3u8").read_text())
        self.assertTrue(recorded.ended)
        self.assertEqual(recorded.gaps, 0)

    def test_a_stuck_disk_holds_up_nobody(self):
        os.mkfifo(self.recording / ".v0.m3u8.tmp")
        self.goes_on()
        events, log = self.end()
        self.assertEqual(self.worker.process.returncode, FAULT, events)
        self.assertEqual(log[-1]["event"], "drain time is over")
        self.assertEqual(log[-1]["unfinished"], "recording")


if __name__ == "__main__":
    unittest.main()
