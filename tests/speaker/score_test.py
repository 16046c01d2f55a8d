#!/usr/bin/env python3
"""Goal: what the detector is judged on is nothing that it was tuned on, and it stays as good as it is.

Method: the lists of recordings, compared by content; then a short score (a conversation of each family) from
recordings that Debian's packages brought, where every figure that does not depend on the machine has a bound.
"""
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SOURCE, BUILD = os.environ["SPACECAST_SOURCE"], os.environ["SPACECAST_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "speaker"))
import prepare_clips  # noqa: E402

SCORE = os.path.join(BUILD, "tests", "speaker", "score_speakers")
CLIPS = os.path.join(BUILD, "tests", "speaker", "clips")


class RecordingsTest(unittest.TestCase):
    def test_tuning_and_judging_have_nothing_in_common(self):
        heard = {"tune": set(), "judge": set()}
        for files, name in prepare_clips.recordings("/"):
            self.assertTrue(files, f"{name}: no recordings; are the packages of scripts/packages.txt installed?")
            heard[name.split("-")[0]] |= {prepare_clips.content(file) for file in files}
        self.assertGreater(len(heard["judge"]), 500)
        self.assertFalse(heard["tune"] & heard["judge"])
        self.assertFalse(prepare_clips.VOICES["tune"].keys() & prepare_clips.VOICES["judge"].keys())


class ScoreTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([sys.executable, prepare_clips.__file__, CLIPS], check=True)

    def test_no_figure_has_become_worse(self):
        self.assertEqual(subprocess.run([SCORE, CLIPS, "--quick", "--only-ours", "--check"], check=False).returncode, 0)

    def test_a_picture_shows_who_spoke_and_who_was_shown(self):
        with tempfile.TemporaryDirectory() as directory:
            pictures = os.path.join(directory, "new")
            subprocess.run([SCORE, CLIPS, "--quick", "--family", "calm", "--pictures", pictures], check=True,
                           stdout=subprocess.DEVNULL)
            names = os.listdir(pictures)
            self.assertEqual(len(names), 1)
            picture = xml.etree.ElementTree.parse(os.path.join(pictures, names[0])).getroot()
            titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
            self.assertTrue(any(title.startswith("turn") for title in titles))
            self.assertTrue(any("shown" in title for title in titles))


if __name__ == "__main__":
    unittest.main()
