#!/usr/bin/env python3
"""Goal: the detector stays as good as it is. Method: the judging set, made from recordings that Debian's packages
brought, scored as scripts/score-speakers does; every figure that does not depend on the machine has a bound."""
import os
import subprocess
import sys

source, build = os.environ["SPACECAST_SOURCE"], os.environ["SPACECAST_BUILD"]
clips = os.path.join(build, "tests", "speaker", "clips")
if not os.path.exists(os.path.join(clips, "complete")):
    subprocess.run([sys.executable, os.path.join(source, "tests", "speaker", "prepare_clips.py"), clips], check=True)
score = os.path.join(build, "tests", "speaker", "score_speakers")
sys.exit(subprocess.run([score, clips, "--only-ours", "--check"], check=False).returncode)
