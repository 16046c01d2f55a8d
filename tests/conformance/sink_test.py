"""Goal: llhlssink on one gst-launch-1.0 line keeps every rule, and the checker finds what breaks one.
Method: one recording of the live element is judged as it is, and once for each fault that is put into it: exactly
the rules named with the fault must fail then."""
import sys
import unittest

import servers
from hlscheck import catalogue, faults, faults_delivery, faults_playlist
from hlscheck.record import record
from hlscheck.report import table
from hlscheck.rules import judge_all

RECORD_S = 28
assert catalogue.MODULES and faults_delivery and faults_playlist
# What a recording of that length must show; the window is ten segments of two seconds.
REQUIRED = {"R37", "R43", "R61", "R71", "R72", "R73", "R92", "R95", "R97", "R111"}


def broken(verdicts):
    return {v.rule.name for v in verdicts if v.failed}


class Sink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with servers.sink() as server:
            server.wait_playable()
            cls.recording = record(server.url, RECORD_S)
        cls.verdicts = judge_all(cls.recording)

    def test_the_live_element_keeps_every_rule(self):
        print(table(self.verdicts), file=sys.stderr)
        self.assertEqual(broken(self.verdicts), set())
        absent = {v.rule.name for v in self.verdicts if v.status == "absent"}
        self.assertEqual(absent & REQUIRED, set(), "nothing to judge")

    def test_each_fault_breaks_its_rule_and_no_other(self):
        self.assertGreaterEqual(len(faults.FAULTS), 16)
        for fault in faults.FAULTS:
            with self.subTest(fault.name):
                found = judge_all(fault.put(self.recording))
                self.assertEqual(broken(found) - broken(self.verdicts), set(fault.rules), table(
                    v for v in found if v.failed))


if __name__ == "__main__":
    unittest.main()
