#!/usr/bin/env python3
"""Goal: `spacecast detect` says in JSON who is on air from when on, from any file, and refuses what it cannot hear.

Method: computed voices of two people who take turns, one as WAV and one as FLAC at another rate; the program
from outside.
"""
import array
import json
import math
import os
import subprocess
import tempfile
import unittest
import wave

PROGRAM = os.path.join(os.environ["SPACECAST_BUILD"], "src", "app", "spacecast")


def voice(seconds, rate, pitch):
    """A buzz whose pitch moves, through a resonance that moves, in syllables."""
    samples = []
    phase = 0.0
    for i in range(int(seconds * rate)):
        t = i / rate
        f0 = pitch * (1 + 0.12 * math.sin(10.7 * t) + 0.05 * math.sin(27 * t + 1))
        phase += 2 * math.pi * f0 / rate
        first = 550 + 200 * math.sin(19.5 * t)
        total = sum(math.sin(h * phase) / (1 + ((h * f0 - first) / 140) ** 2) for h in range(1, 13))
        syllable = math.fmod(t * 4 + 0.2, 1.0)
        samples.append(0.05 * total * math.sqrt(max(0.0, math.sin(math.pi * min(1.0, syllable / 0.85)))))
    return samples


def record(path, rate, length, turns, pitch):
    samples = array.array("h", bytes(2 * int(length * rate)))
    for start, seconds in turns:
        for i, sample in enumerate(voice(seconds, rate, pitch)):
            samples[int(start * rate) + i] = int(32767 * sample)
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def detect(*arguments):
    return subprocess.run([PROGRAM, "detect", *arguments], capture_output=True, text=True, timeout=60, check=False)


class DetectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.first = os.path.join(cls.directory.name, "first.wav")
        cls.second = os.path.join(cls.directory.name, "second.flac")
        raw = os.path.join(cls.directory.name, "second.wav")
        record(cls.first, 16000, 12, [(1, 3), (9, 2)], 120)
        record(raw, 22050, 12, [(5, 3)], 180)
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", raw, cls.second], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_one_line_a_decision(self):
        run = detect(self.first, self.second)
        self.assertEqual(run.returncode, 0, run.stderr)
        decisions = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual([d["speaker"] for d in decisions], [0, 1, 0])
        self.assertEqual([d["reason"] for d in decisions], ["first", "turn", "turn"])
        for decision, onset in zip(decisions, (1, 5, 9)):
            self.assertEqual(set(decision), {"speaker", "onset", "decided", "cut", "reason"})
            self.assertAlmostEqual(decision["onset"], onset, delta=0.04)
            self.assertAlmostEqual(decision["cut"], onset, delta=0.1)
            self.assertGreater(decision["decided"], onset)
        self.assertEqual(detect(self.first, self.second).stdout, run.stdout)

    def test_without_lookahead_cuts_come_when_decided(self):
        run = detect("--lookahead", "0", self.first, self.second)
        for line in run.stdout.splitlines():
            decision = json.loads(line)
            self.assertEqual(decision["cut"], decision["decided"])

    def test_what_has_no_sound_is_refused(self):
        run = detect(self.first, os.path.abspath(__file__))
        self.assertEqual(run.returncode, 1)
        self.assertIn(__file__.rsplit("/", 1)[-1], run.stderr)
        self.assertEqual(detect("no such file").returncode, 2)
        self.assertEqual(detect().returncode, 2)


if __name__ == "__main__":
    unittest.main()
