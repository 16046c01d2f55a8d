"""Goal: `spacecast viewers` watches a Space with many players and says what they went through. Method: the program
itself, as worker and as viewers."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.dom.minidom

from worker import BAD_USAGE, ENDED, FAULT, SOURCE, Worker, wait_for

COUNT = 25


def viewers(*arguments):
    command = ["setpriv", "--pdeathsig", "KILL", f"{SOURCE}/scripts/spacecast", "viewers", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)


class Viewers(unittest.TestCase):
    def test_everybody_gets_every_part_once(self):
        with Worker() as worker, tempfile.TemporaryDirectory() as folder:
            worker.wait_ready()
            report, plot = pathlib.Path(folder, "report.json"), pathlib.Path(folder, "plot.svg")
            done = viewers(worker.addresses["viewer"] + "spaces/demo/hls/master.m3u8", "--count", COUNT, "--duration", 8,
                           "--ramp", 2, "--report", report, "--plot", plot)
            self.assertEqual((done.returncode, done.stderr), (ENDED, ""))
            self.assertIn("part after publication", done.stdout)
            seen = json.loads(report.read_text())
            self.assertEqual(seen["viewers"], COUNT)
            self.assertEqual(seen["errors"], {})
            self.assertEqual(seen["jumps"], 0)
            self.assertEqual(seen["start"]["count"], COUNT)
            # They watch for 6 s on average: some three parts a second of picture and of sound.
            self.assertGreater(seen["parts"]["count"], COUNT * 2 * 12)
            self.assertLess(seen["parts"]["count"], COUNT * 2 * 20)
            self.assertEqual(max(second["viewers"] for second in seen["timeline"]), COUNT)
            self.assertLess(seen["timeline"][0]["viewers"], COUNT)
            # What was parked at the origin was answered to each of them.
            self.assertGreater(worker.metric("spacecast_origin_parts_total"), COUNT * 2 * 12)
            xml.dom.minidom.parseString(plot.read_text())

    def test_the_end_of_the_space_is_theirs(self):
        with Worker() as worker:
            worker.wait_ready()
            url = worker.addresses["viewer"] + "spaces/demo/hls/master.m3u8"
            watching = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", f"{SOURCE}/scripts/spacecast", "viewers", url, "--count", "3",
                 "--duration", "50"], stdout=subprocess.PIPE, text=True)
            wait_for("parts", lambda: worker.metric("spacecast_origin_parts_total") >= 3 * 2 * 4)
            worker.end()
            self.assertIn("3 viewers", watching.communicate(timeout=20)[0])
            self.assertEqual(watching.returncode, ENDED)

    def test_a_stream_that_is_not_there_is_said(self):
        done = viewers("http://127.0.0.1:9/x.m3u8", "--duration", 1)
        self.assertEqual(done.returncode, FAULT)
        self.assertIn("nobody had a picture of http://127.0.0.1:9/x.m3u8", done.stderr)

    def test_numbers_out_of_range_are_bad_usage(self):
        self.assertEqual(viewers("http://127.0.0.1:9/x", "--count", 0).returncode, BAD_USAGE)


if __name__ == "__main__":
    unittest.main()
