"""What one Space costs: scripts/bench space [--rounds N] [--window S] [--json FILE]

Prints, from one run, the CPU time of the worker for a Space at 1280x720 and 30 fps with 1, 3 and 13
simulated speakers, as a share of one core and as a ratio to a bare transcode of one camera in
gst-launch-1.0: decode H.264 and Opus, encode with the program's own x264enc and AAC settings, throw
away. That is the least that anyone must do.

Every configuration is measured once a round, in turns, over a window of its own; medians are printed
with the lowest and highest window. Speakers play media from memory; what they cost is printed beside.
All of it runs in a network namespace with nothing but the loopback interface.
"""

import functools
import re
import subprocess
import sys
import time

from rig import MEDIA, ROOT, SETTLE_S, Process, main, measure, run_stage

STAGES = (1, 3, 13)


def element(description, factory):
    """An element with its properties, as the program's launch description has it, without its name."""
    for part in re.split(r"\s!\s", description):
        if part.split()[0] == factory:
            return re.sub(r"\sname=\S+", "", part.strip())
    sys.exit(f"bench: no {factory} in the program's launch description")


def run_transcode(camera, window_s, logs):
    program = (ROOT / "pipelines" / "program.launch").read_text()
    command = (f"matroskademux name=in filesrc location={camera} ! in. "
               "in.video_0 ! queue ! h264parse ! avdec_h264 ! "
               f"{element(program, 'x264enc')} ! h264parse ! fakesink sync=true "
               "in.audio_0 ! queue ! opusdec ! audioconvert ! audioresample ! "
               "audio/x-raw,format=F32LE,rate=48000,channels=2 ! "
               f"{element(program, 'avenc_aac')} ! aacparse ! fakesink sync=true")
    transcode = Process(logs / "transcode.log", "gst-launch-1.0", "-q", *command.split())
    try:
        time.sleep(SETTLE_S)
        return measure(window_s, transcode)
    finally:
        transcode.end()


def make_camera(path, window_s):
    """One speaker's picture and voice, long enough for a window, without encoding again."""
    media = MEDIA / "1"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y",
                    "-stream_loop", "-1", "-i", media / "1.mp4", "-stream_loop", "-1",
                    "-i", media / "1.ogg", "-map", "0:v", "-map", "1:a", "-c", "copy",
                    "-t", str(window_s + 4 * SETTLE_S), path], check=True)


def print_table(results, rounds, window_s):
    bare = results["transcode"]["worker"]["median"]
    print(f"\n1280x720 at 30 fps; % of one core, median of {rounds} windows of {window_s:g} s "
          "(lowest to highest)\n")
    print(f"{'':28}{'CPU':>8}  {'':18}{'ratio':>6}{'speakers':>10}{'machine':>9}")
    for key, shares in results.items():
        name = "bare transcode (gst-launch)" if key == "transcode" else f"Space, {key} on stage"
        cpu = shares["worker"]
        spread = f"({cpu['lowest']:.1f} to {cpu['highest']:.1f})"
        speakers = "" if key == "transcode" else f"{shares['speakers']['median']:.1f} %"
        print(f"{name:28}{cpu['median']:6.1f} %  {spread:18}{cpu['median'] / bare:6.2f}"
              f"{speakers:>10}{shares['machine']['median']:7.0f} %")


def configurations(window_s, logs):
    camera = logs / "camera.mkv"
    make_camera(camera, window_s)
    return {"transcode": functools.partial(run_transcode, camera, window_s, logs),
            **{str(count): functools.partial(run_stage, MEDIA / str(count), window_s, logs)
               for count in STAGES}}


if __name__ == "__main__":
    main(__doc__, configurations, print_table)
