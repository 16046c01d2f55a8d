"""A worker as an operator runs it, and its playlists as a player reads them."""
import contextlib
import datetime
import http.client
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from waiting import DEADLINE_S, wait_for  # noqa: E402

SOURCE = os.environ["SPACECAST_SOURCE"]
ENDED, FAULT, BAD_USAGE = 0, 1, 2


def command(*arguments):
    # A test that is killed takes its worker with it.
    return ["setpriv", "--pdeathsig", "KILL", f"{SOURCE}/scripts/spacecast", "run", *map(str, arguments)]


def refused(*arguments, **environment):
    """Exit status and standard error of a start that fails."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, **environment})
    return done.returncode, done.stderr


class Worker:
    """A running worker; `viewer`, `stage` and `admin` are the addresses that it printed."""

    def __init__(self, *arguments, port=0, access=("--open",), **environment):
        self.process = subprocess.Popen(
            command("--space", "demo", *access, "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0",
                    "--ice-address", "127.0.0.1", *arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.addresses = dict(self.process.stdout.readline().split() for _ in range(4))
        self.port = int(re.search(r":(\d+)/", self.addresses["viewer"]).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def get(self, base, path):
        return urllib.request.urlopen(self.addresses[base] + path, timeout=DEADLINE_S)

    def hls(self, name):
        """The bytes of a file of the presentation."""
        return self.get("viewer", "spaces/demo/hls/" + name).read()

    def playlist(self, name="v0"):
        return Playlist(self.hls(name + ".m3u8").decode())

    def metric(self, name):
        text = self.get("admin", "metrics").read().decode()
        return float(re.search(rf"(?m)^{name} (\S+)$", text).group(1))

    def wait_ready(self):
        def ready():
            try:
                return self.get("admin", "readyz").read()
            except urllib.error.HTTPError as error:
                assert error.code == 503, error.code
                return None
        return wait_for("readiness", ready)

    def end(self):
        """Ends it in order; its log."""
        self.process.terminate()
        _, log = self.process.communicate(timeout=DEADLINE_S)
        return log


class Playlist:
    """What these tests read in a media playlist."""

    def __init__(self, text):
        self.text = text
        self.sequence = int(self.tag("EXT-X-MEDIA-SEQUENCE"))
        self.discontinuity_sequence = int(self.tag("EXT-X-DISCONTINUITY-SEQUENCE") or 0)
        self.segments = re.findall(r"(?m)^(v\d+|a\d+)/(\d+)\.m4s$", text)
        self.maps = re.findall(r'(?m)^#EXT-X-MAP:URI="([^"]+)"', text)
        self.parts = re.findall(r'(?m)^#EXT-X-PART:.*URI="([^"]+)"', text)
        self.hint = (re.findall(r'(?m)^#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', text) or [None])[0]
        self.discontinuities = text.count("\n#EXT-X-DISCONTINUITY\n")
        self.gaps = text.count("\n#EXT-X-GAP\n") + text.count("GAP=YES")
        self.ended = "\n#EXT-X-ENDLIST" in text

    def tag(self, name):
        found = re.search(rf"(?m)^#{name}:(.*)$", self.text)
        return found and found.group(1)

    @property
    def numbers(self):
        return [int(number) for _, number in self.segments]

    @property
    def next_part(self):
        """Segment and part of the preload hint."""
        return tuple(map(int, re.search(r"(\d+)\.(\d+)\.m4s$", self.hint).groups()))

    @property
    def durations(self):
        """Of each complete segment, by its number."""
        return dict(zip(self.numbers, map(float, re.findall(r"(?m)^#EXTINF:([0-9.]+)", self.text))))

    @property
    def edge(self):
        """The wall time at which the playlist ends."""
        *_, (date, rest) = re.findall(r"(?ms)^#EXT-X-PROGRAM-DATE-TIME:(\S+)\n(.*?)(?=^#EXT-X-PROGRAM|\Z)",
                                      self.text)
        start = datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()
        whole = re.findall(r"(?m)^#EXTINF:([0-9.]+)", rest)
        return start + sum(map(float, whole or re.findall(r"(?m)^#EXT-X-PART:DURATION=([0-9.]+)", rest)))

    @property
    def duration(self):
        return sum(self.durations.values())


def get_patiently(url, seconds=DEADLINE_S):
    """What a player does while its origin is away: asks again until there is an answer."""
    def answer():
        with contextlib.suppress(urllib.error.HTTPError, OSError, http.client.HTTPException):
            return urllib.request.urlopen(url, timeout=DEADLINE_S).read()
        return None
    return wait_for(url, answer, seconds)
