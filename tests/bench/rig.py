"""What the benchmarks of a Space share: child processes and their CPU time, a stage with simulated
speakers, rounds and tables."""

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


def run_stage(media, window_s, logs, options=()):
    """One window of a Space with the speakers of speakers.tsv in a folder of demo media."""
    worker = Process(logs / "worker.log", SPACECAST, "run", "--space", "bench", "--open",
                     "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                     "--ice-address", "127.0.0.1", *options)
    speakers = []
    try:
        stage = wait_for("the worker", [worker], lambda: worker.printed("stage"))
        for line in (media / "speakers.tsv").read_text().splitlines():
            number, name, audio, video = line.split("\t")
            speakers.append(Process(
                logs / f"speaker-{number}.log", SPACECAST, "speaker", stage, "--name", name,
                "--audio", media / audio, "--video", media / video, "--loop-every", 60,
                "--ice-address", "127.0.0.1"))
            # One after the other: thirteen programs that start at once are no stage but a storm.
            wait_for(f"speaker {number}", [worker, *speakers],
                     lambda: speakers[-1].printed("connected"))
        roster_url = stage.rpartition("/")[0] + "/api/stage"
        before = wait_for("a speaker on air", [worker, *speakers],
                          lambda: (roster := get_json(roster_url)) and roster.get("onAir") and roster)
        time.sleep(SETTLE_S)
        shares = measure(window_s, worker, speakers)
        # A stage that has lost its speakers would be cheap.
        after = get_json(roster_url) or {"speakers": []}
        received = {s["id"]: s["videoPackets"] for s in before["speakers"]}
        alive = [s for s in after["speakers"] if s["videoPackets"] > received.get(s["id"], 0)]
        if len(alive) != len(speakers):
            sys.exit(f"bench: only {len(alive)} of {len(speakers)} speakers' pictures arrived all the time")
        return shares
    finally:
        for process in (*speakers, worker):
            process.end()


def summarise(windows):
    """Of every configuration's windows, what is printed: median, lowest and highest of each share."""
    return {key: {what: {"median": statistics.median(w[what] for w in shares),
                         "lowest": min(w[what] for w in shares),
                         "highest": max(w[what] for w in shares)}
                  for what in ("worker", "speakers", "machine")}
            for key, shares in windows.items()}


def main(doc, prepare, print_table):
    """A benchmark: `prepare(window_s, folder)` says how each configuration's window is measured; all are
    measured once a round, in turns, and `print_table(results, rounds, window_s)` shows what came of it."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--window", type=float, default=20, metavar="S")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.window <= 0:
        parser.error("rounds and window must be positive")

    with tempfile.TemporaryDirectory() as folder:
        configurations = prepare(arguments.window, pathlib.Path(folder))
        windows = {key: [] for key in configurations}
        for number in range(arguments.rounds):
            for key, run in configurations.items():
                print(f"round {number + 1} of {arguments.rounds}: {key}", file=sys.stderr)
                windows[key].append(run())
                print("  worker {worker:.1f} %, machine {machine:.0f} %".format(**windows[key][-1]),
                      file=sys.stderr)
    results = summarise(windows)
    print_table(results, arguments.rounds, arguments.window)
    if max(shares["machine"]["highest"] for shares in results.values()) > 92 * os.cpu_count():
        print("\nThe machine was full at times: what ran then may have done less than it should.")
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"cores": os.cpu_count(), "window_s": arguments.window, "windows": windows,
             "percent_of_one_core": results}, indent=1) + "\n")
