"""What another camera costs: scripts/bench cameras [--rounds N] [--window S] [--json FILE]

Prints, from one run, the CPU time of the worker as 1, 3, 6 and 13 cameras of 640x360 at 30 fps are on
stage and talk in turn, as a share of one core and as a ratio to one camera: in the layout "speaker",
where only those are decoded who may be seen, and in the layout "gallery", where all are decoded and put
together into a grid. The program is 1280x720 at 30 fps in both.

Every configuration is measured once a round, in turns, over a window of its own; medians are printed
with the lowest and highest window. Speakers play media from memory; what they cost is printed beside.
All of it runs in a network namespace with nothing but the loopback interface.
"""

import functools
import shutil
import subprocess

from rig import MEDIA, main, run_stage

CAMERAS = (1, 3, 6, 13)
LAYOUTS = ("speaker", "gallery")


def small_media(count):
    """The demo's conversation of so many, with its pictures made smaller once."""
    source = MEDIA / str(count)
    target = MEDIA / "640x360" / str(count)
    target.mkdir(parents=True, exist_ok=True)
    for line in (source / "speakers.tsv").read_text().splitlines():
        _, _, audio, video = line.split("\t")
        shutil.copyfile(source / audio, target / audio)
        # Everybody's picture is the same whoever else is there.
        picture = MEDIA / "640x360" / video
        if not picture.exists():
            unfinished = picture.with_suffix(".part.mp4")
            subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-i", source / video,
                            "-vf", "scale=640:360", "-c:v", "libx264", "-preset", "veryfast",
                            "-profile:v", "baseline", "-b:v", "600k", "-maxrate", "600k",
                            "-bufsize", "600k", "-g", "30", "-keyint_min", "30",
                            "-sc_threshold", "0", "-an", unfinished], check=True)
            unfinished.replace(picture)
        shutil.copyfile(picture, target / video)
    shutil.copyfile(source / "speakers.tsv", target / "speakers.tsv")
    return target


def print_table(results, rounds, window_s):
    one = results[f"{LAYOUTS[0]} {CAMERAS[0]}"]["worker"]["median"]
    print(f"\nCameras of 640x360 at 30 fps; % of one core, median of {rounds} windows of {window_s:g} s "
          "(lowest to highest), and the ratio to one camera\n")
    print(f"{'':12}{'who may be seen is decoded':>38}{'all are decoded, in a grid':>38}{'speakers':>10}")
    for count in CAMERAS:
        row = f"{count:2} on stage "
        for layout in LAYOUTS:
            cpu = results[f"{layout} {count}"]["worker"]
            spread = f"({cpu['lowest']:.1f} to {cpu['highest']:.1f})"
            row += f"{cpu['median']:12.1f} % {spread:>17}{cpu['median'] / one:7.2f}"
        speakers = results[f"{LAYOUTS[0]} {count}"]["speakers"]["median"]
        print(f"{row}{speakers:8.1f} %")


def configurations(window_s, logs):
    media = {count: small_media(count) for count in CAMERAS}
    return {f"{layout} {count}": functools.partial(run_stage, media[count], window_s, logs,
                                                   ("--layout", layout))
            for layout in LAYOUTS for count in CAMERAS}


if __name__ == "__main__":
    main(__doc__, configurations, print_table)
