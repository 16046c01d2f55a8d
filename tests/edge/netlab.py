"""Machines of a test's own: network namespaces on one bridge, with addresses of their own, and what runs in them.

Everything hangs on this process: a namespace lives as long as the process that anchors it, and each process that is
started here is killed with us, whatever becomes of the test. Nothing of it can be seen from outside: the bridge is in a
namespace of the test itself.
"""
from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from waiting import DEADLINE_S, wait_for  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("SPACECAST_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
EDGE = SOURCE / "scripts/deploy/edge"
CROWD = pathlib.Path(__file__).with_name("crowd.py")
SPACE = "demo"
HLS = f"/spaces/{SPACE}/hls/"


def enter() -> None:
    """Goes on in a network namespace of its own; called first."""
    if os.environ.get("SPACECAST_NETLAB"):
        return
    flags = "-n" if os.getuid() == 0 else "-rn"
    os.execvpe("unshare", ["unshare", flags, sys.executable, *sys.argv], {**os.environ, "SPACECAST_NETLAB": "1", "PYTHONDONTWRITEBYTECODE": "1"})


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Process:
    """Runs in a machine; its output goes to a file, so that no pipe fills up."""

    def __init__(self, command: list[str], log: pathlib.Path, **environment: str) -> None:
        with open(log, "ab") as output:
            self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=output, stderr=output,
                                          stdin=subprocess.DEVNULL, env={**os.environ, **environment},
                                          start_new_session=True)
        self.log = log

    def kill(self) -> None:
        """At once, with all its children."""
        if self.child.poll() is None:
            os.killpg(self.child.pid, 9)
            self.child.wait()

    def text(self) -> str:
        return self.log.read_text(errors="replace")


class Host:
    """A machine with one address."""

    def __init__(self, lab: "Lab", name: str, number: int) -> None:
        self.lab, self.name, self.address = lab, name, f"10.77.0.{number}"
        self.anchor = Process(["unshare", "-n", "sleep", "infinity"], lab.folder / f"{name}.anchor")
        own = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", lambda: os.readlink(f"/proc/{self.anchor.child.pid}/ns/net") != own)
        port = f"p{number}"
        ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(self.anchor.child.pid))
        ip("link", "set", port, "master", "br0", "up")
        for words in ("link set lo up", f"addr add {self.address}/24 dev eth0", "link set eth0 up"):
            subprocess.run([*self.enter, "ip", *words.split()], check=True)
        self.port = port

    @property
    def enter(self) -> list[str]:
        return ["nsenter", "-t", str(self.anchor.child.pid), "-n"]

    def start(self, *command: str, log: str = "", **environment: str) -> Process:
        process = Process([*self.enter, *command], self.lab.folder / f"{self.name}.{log or 'log'}", **environment)
        self.lab.processes.append(process)
        return process

    def run(self, *command: str, seconds: float = DEADLINE_S) -> str:
        return subprocess.run([*self.enter, *command], check=True, capture_output=True, text=True, timeout=seconds).stdout

    def get(self, url: str, *options: str) -> "Answer":
        """What curl gets in this machine."""
        return Answer(self.run("curl", "-s", "-i", "--max-time", "20", *options, url))

    def limit(self, rate: str) -> None:
        """How fast others can be sent to; "" takes it away."""
        words = f"tc qdisc replace dev eth0 root tbf rate {rate} burst 16kb latency 400ms" if rate \
            else "tc qdisc del dev eth0 root"
        self.run(*words.split())


class Answer:
    def __init__(self, text: str) -> None:
        head, _, self.body = text.partition("\n\n" if "\r\n\r\n" not in text else "\r\n\r\n")
        lines = head.splitlines()
        self.status = int(lines[0].split()[1]) if lines else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}


class Lab:
    """Origin, shield, two edges, and a machine for all viewers. Without a secret the origin answers viewers, too."""

    def __init__(self, *, secret: str = "0123456789abcdefghijklmnop") -> None:
        self.processes: list[Process] = []
        self.temporary = tempfile.TemporaryDirectory(prefix="netlab-")
        self.folder = pathlib.Path(self.temporary.name)
        ip("link", "set", "lo", "up")
        ip("link", "add", "br0", "type", "bridge")
        ip("link", "set", "br0", "up")
        names = ("origin", "shield", "edge1", "edge2", "viewers")
        self.origin, self.shield, self.edge1, self.edge2, self.viewers = (
            Host(self, name, number) for number, name in enumerate(names, 1))
        self.secret = secret
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(secret + "\n")
        self.caches: dict[str, Process] = {}
        self.worker: Process | None = None

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.kill()
        for host in (self.origin, self.shield, self.edge1, self.edge2, self.viewers):
            host.anchor.kill()
        subprocess.run(["ip", "link", "del", "br0"], check=False)
        self.temporary.cleanup()

    def secret_options(self, option: str) -> tuple[str, ...]:
        return (option, str(self.secret_file)) if self.secret else ()

    # The worker listens on a loopback address, as it does without join tokens; a relay stands before it.

    def start_relay(self) -> None:
        (self.folder / "relay.cfg").write_text(
            "global\n  maxconn 4000\ndefaults\n  mode tcp\n  timeout connect 2s\n  timeout client 120s\n"
            "  timeout server 120s\n"
            f"listen relay\n  bind {self.origin.address}:8080 backlog 4096\n  server worker 127.0.0.1:8080\n")
        self.origin.start("haproxy", "-f", str(self.folder / "relay.cfg"), log="relay")

    def start_worker(self) -> None:
        program = self.folder / "program.launch"
        text = (SOURCE / "pipelines/program.launch").read_text()
        text = text.replace("width=1280,height=720", "width=320,height=180").replace("bitrate=2000", "bitrate=300")
        program.write_text(text.replace("vbv-buf-capacity=1000 ", "").replace("speed-preset=veryfast", "speed-preset=ultrafast"))
        self.worker = self.origin.start(
            str(SOURCE / "scripts/spacecast"), "run", "--space", SPACE, "--open", "--listen", "127.0.0.1:8080", "--admin",
            "127.0.0.1:9100", "--program", str(program), "--archive", str(self.folder / "archive"), "--ice-address",
            "127.0.0.1", *self.secret_options("--edge-secret-file"), log="worker")

    def start_cache(self, host: Host, *options: str) -> None:
        self.caches[host.name] = host.start(
            str(EDGE / "start"), "--listen", ":6081", "--space", SPACE, "--memory", "128M", "--hold", "10",
            *self.secret_options("--secret-file"), "--directory", str(self.folder / host.name), *options, log="varnish")

    def start_shield(self) -> None:
        self.start_cache(self.shield, "--origin", f"{self.origin.address}:8080")

    def start_edge(self, host: Host) -> None:
        self.start_cache(host, "--shield", f"{self.shield.address}:6081")

    def start(self) -> "Lab":
        self.start_relay()
        self.start_worker()
        self.start_shield()
        self.start_edge(self.edge1)
        self.start_edge(self.edge2)
        for host in (self.edge1, self.edge2):
            self.wait_playable(host)
        return self

    def url(self, host: Host, file: str = "") -> str:
        return f"http://{host.address}:6081{HLS}{file}"

    def wait_playable(self, host: Host) -> None:
        def playable() -> bool:
            for name, process in self.caches.items():
                assert process.child.poll() is None, f"{name} ended: {process.text()[-2000:]}"
            try:
                return self.viewers.get(self.url(host, "a0.m3u8")).status == 200
            except subprocess.CalledProcessError:
                return False
        wait_for(f"something to play at {host.name}", playable)

    # What the origin was asked for.

    def metrics(self) -> dict[str, float]:
        text = self.origin.run("curl", "-s", "--max-time", "10", "http://127.0.0.1:9100/metrics")
        return {name: float(value) for name, value in re.findall(r"(?m)^(spacecast_origin_\w+) (\S+)$", text)}

    def asked_by(self, host: Host) -> int:
        """How many requests a cache has sent on since its start."""
        text = subprocess.run(["varnishstat", "-n", str(self.folder / host.name / "varnish"), "-1", "-f", "MAIN.backend_req"],
                              check=True, capture_output=True, text=True).stdout
        return int(text.split()[1])

    def crowd(self, what: str, *arguments: str, host: Host | None = None) -> "Crowd":
        return Crowd(host or self.viewers, what, *arguments)


REQUESTS = ("multivariant_playlists", "media_playlists", "init_sections", "segments", "parts", "not_found", "bad_requests",
            "timed_out", "turned_away", "not_a_cache")


class Asked:
    """What was asked for since a moment: of the origin by kind, and by each cache by name."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.before, self.since = lab, lab.metrics(), time.time()

    def now(self) -> dict[str, int]:
        after = self.lab.metrics()
        return {kind: int(after[f"spacecast_origin_{kind}_total"] - self.before[f"spacecast_origin_{kind}_total"])
                for kind in REQUESTS}

    def names(self, host: Host) -> list[str]:
        """In the order of the answers. The log is a ring in memory that holds some ten thousand requests."""
        lines = subprocess.run(
            ["varnishncsa", "-n", str(self.lab.folder / host.name / "varnish"), "-b", "-d", "-F", "%{VSL:Timestamp:Start[1]}x %U%q"],
            check=True, capture_output=True, text=True).stdout.splitlines()
        return [name.removeprefix(HLS) for since, name in map(str.split, lines) if float(since) >= self.since]


class Crowd:
    """Clients in a machine, that of the viewers where no other is named; see crowd.py."""

    def __init__(self, host: Host, what: str, *arguments: str) -> None:
        self.child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *host.enter, sys.executable, str(CROWD), what, *arguments],
            stdout=subprocess.PIPE, text=True)

    def report(self) -> dict[str, Any]:
        text, _ = self.child.communicate(timeout=120)
        assert self.child.returncode == 0, text
        return json.loads(text)
