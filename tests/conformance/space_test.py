"""Goal: a running Space keeps every rule, alone and with a ladder of smaller pictures.
Method: the checker on `spacecast run` with nobody on stage: the program plays on, as it does between speakers."""
import sys
import unittest

import servers
from hlscheck import catalogue
from hlscheck.record import record
from hlscheck.report import table
from hlscheck.rules import judge_all

RECORD_S = 28
# What must have been there to judge; removal only where the window is short.
REQUIRED = {"R61", "R71", "R72", "R73", "R92", "R95", "R97", "R111"}
assert catalogue.MODULES


class Space(unittest.TestCase):
    def check(self, *arguments, required=REQUIRED):
        with servers.space(*arguments) as server:
            server.wait_playable()
            recording = record(server.url, RECORD_S)
        verdicts = judge_all(recording)
        print(table(verdicts), file=sys.stderr)
        self.assertEqual({v.rule.name for v in verdicts if v.failed}, set())
        self.assertEqual({v.rule.name for v in verdicts if v.status == "absent"} & required, set(), "nothing to judge")
        return recording

    def test_alone(self):
        self.check("--dvr", "0", required=REQUIRED | {"R37", "R43"})

    def test_with_a_ladder(self):
        recording = self.check("--ladder", "720p,360p")
        playlists = {e.path.rpartition("/")[2] for e in recording.of("playlist")}
        self.assertLessEqual({"v0.m3u8", "v1.m3u8", "a0.m3u8"}, playlists)


if __name__ == "__main__":
    unittest.main()
