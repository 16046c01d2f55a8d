"""Goal: a Space without an archive can be rewound all the same, and leaves nothing behind. Method: the program
itself with a TMPDIR of the test's own."""
import pathlib
import tempfile
import unittest

from worker import Worker, wait_for


class Rewind(unittest.TestCase):
    def test_without_an_archive_old_segments_come_from_a_spool_that_goes_with_the_worker(self):
        with tempfile.TemporaryDirectory() as folder:
            with Worker(TMPDIR=folder) as worker:
                worker.wait_ready()
                spools = list(pathlib.Path(folder).iterdir())
                self.assertEqual(len(spools), 1)
                self.assertRegex(spools[0].name, r"^spacecast-demo-\w{6}$")
                self.assertEqual(spools[0].stat().st_mode & 0o777, 0o700)
                first = worker.playlist()
                wait_for("segments that leave the memory", lambda: len(worker.playlist().numbers) >= 18, 60)
                last = worker.playlist()
                self.assertEqual(last.numbers[0], first.numbers[0], "a rewind window keeps them")
                self.assertIn(b"moof", worker.hls(f"v0/{first.numbers[0]}.m4s")[:64])
                worker.end()
                self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_a_killed_workers_spool_is_removed_by_the_next(self):
        with tempfile.TemporaryDirectory() as folder:
            with Worker(TMPDIR=folder) as worker:
                worker.wait_ready()
            left = set(pathlib.Path(folder).iterdir())
            self.assertEqual(len(left), 1)
            with Worker(TMPDIR=folder) as worker:
                now = set(pathlib.Path(folder).iterdir())
                self.assertEqual(len(now), 1)
                self.assertNotEqual(now, left)

    def test_numbers_of_a_worker_without_a_history_never_go_back(self):
        with Worker("--dvr", 0) as worker:
            worker.wait_ready()
            before = worker.playlist().numbers[-1]
        with Worker("--dvr", 0) as worker:
            worker.wait_ready()
            self.assertGreater(worker.playlist().sequence, before)

    def test_a_disk_that_is_not_there_shortens_the_window_only(self):
        with Worker(TMPDIR="/nowhere") as worker:
            worker.wait_ready()
            self.assertEqual(worker.metric("spacecast_archive_segments_total"), 0)
            self.assertIn("/nowhere", worker.end())


if __name__ == "__main__":
    unittest.main()
