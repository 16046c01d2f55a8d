"""What one Space costs: scripts/bench space [--rounds N] [--window S] [--json FILE]

Prints, from one run, the CPU time of the worker for a Space at 1280x720 and 30 fps with 1, 3 and 13
simulated speakers, as a share of one core and as a ratio to a bare transcode of one camera in
gst-launch-1.0: decode H.264 and Opus, encode with the program's own x264enc and AAC settings, throw
away. That is the least that anyone must do.

Every configuration is measured once a round, in turns, over a window of its own; medians are printed
with the lowest and highest window. Speakers play media from memory; what they cost is printed beside.
All of it runs in a network namespace with nothing but the loopback interface.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEDIA = ROOT / "build" / "demo-media"
SPACECAST = ROOT / "scripts" / "spacecast"
STAGES = (1, 3, 13)
TICKS = os.sysconf("SC_CLK_TCK")
SETTLE_S = 5  # From the first picture on air to the start of a window.


class Process:
    """A child that ends with this script, whatever becomes of it."""

    def __init__(self, log, *command):
        self.log = log
        with open(log, "wb") as output:
            self.child = subprocess.Popen(
                ["setsid", "setpriv", "--pdeathsig", "TERM", *map(str, command)],
                stdout=output, stderr=subprocess.STDOUT)

    def cpu_s(self):
        """User and system time of all its threads (proc(5), fields 14 and 15)."""
        stat = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self):
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def printed(self, key):
        """The rest of the line of its output that starts with `key`."""
        found = re.search(rf"^{key} (.*)$", self.log.read_text(errors="replace"), re.MULTILINE)
        return found and found.group(1)

    def check(self):
        if self.child.poll() is not None:
            sys.stderr.write(self.log.read_text(errors="replace")[-2000:])
            sys.exit(f"bench: {self.log.stem} ended with status {self.child.returncode}")


def wait_for(what, processes, condition, seconds=60):
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for process in processes:
            process.check()
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    sys.exit(f"bench: waited {seconds} s in vain for {what}")


def machine_busy_s():
    """CPU time of the whole machine that was not idle (proc(5), /proc/stat)."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def get_json(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return None


def measure(window_s, worker, speakers=()):
    """Shares of one core over a window: the worker, all speakers, the whole machine."""
    def sample():
        return (time.monotonic(), worker.cpu_s(), sum(s.cpu_s() for s in speakers), machine_busy_s())
    before = sample()
    time.sleep(window_s)
    after = sample()
    elapsed = after[0] - before[0]
    worker.check()
    return {key: 100 * (after[i] - before[i]) / elapsed
            for i, key in enumerate(("worker", "speakers", "machine"), start=1)}


def run_stage(count, window_s, logs):
    """One window of a Space with so many speakers."""
    media = MEDIA / str(count)
    worker = Process(logs / "worker.log", SPACECAST, "run", "--space", "bench", "--open",
                     "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                     "--ice-address", "127.0.0.1")
    speakers = []
    try:
        stage = wait_for("the worker", [worker], lambda: worker.printed("stage"))
        for line in (media / "speakers.tsv").read_text().splitlines():
            number, name, audio, video = line.split("\t")
            speakers.append(Process(
                logs / f"speaker-{number}.log", SPACECAST, "speaker", stage, "--name", name,
                "--audio", media / audio, "--video", media / video, "--loop-every", 60,
                "--ice-address", "127.0.0.1"))
        wait_for("all speakers", [worker, *speakers],
                 lambda: all(speaker.printed("connected") for speaker in speakers))
        roster_url = stage.rpartition("/")[0] + "/api/stage"
        before = wait_for("a speaker on air", [worker, *speakers],
                          lambda: (roster := get_json(roster_url)) and roster.get("onAir") and roster)
        time.sleep(SETTLE_S)
        shares = measure(window_s, worker, speakers)
        # A stage that has lost its speakers would be cheap.
        after = get_json(roster_url) or {"speakers": []}
        received = {s["id"]: s["videoPackets"] for s in before["speakers"]}
        alive = [s for s in after["speakers"] if s["videoPackets"] > received.get(s["id"], 0)]
        if len(alive) != count:
            sys.exit(f"bench: only {len(alive)} of {count} speakers' pictures arrived all the time")
        return shares
    finally:
        for process in (*speakers, worker):
            process.end()


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
    if max(s["machine"]["highest"] for s in results.values()) > 92 * os.cpu_count():
        print("\nThe machine was full at times: what ran then may have done less than it should.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--window", type=float, default=20, metavar="S")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.window <= 0:
        parser.error("rounds and window must be positive")

    windows = {key: [] for key in ("transcode", *map(str, STAGES))}
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder)
        make_camera(logs / "camera.mkv", arguments.window)
        for number in range(arguments.rounds):
            for key, shares in windows.items():
                print(f"round {number + 1} of {arguments.rounds}: {key}", file=sys.stderr)
                shares.append(run_transcode(logs / "camera.mkv", arguments.window, logs)
                              if key == "transcode" else run_stage(int(key), arguments.window, logs))

    results = {key: {what: {"median": statistics.median(w[what] for w in shares),
                            "lowest": min(w[what] for w in shares),
                            "highest": max(w[what] for w in shares)}
                     for what in ("worker", "speakers", "machine")}
               for key, shares in windows.items()}
    print_table(results, arguments.rounds, arguments.window)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"cores": os.cpu_count(), "window_s": arguments.window, "windows": windows,
             "percent_of_one_core": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
