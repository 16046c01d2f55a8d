"""Three machines in a row, each a network namespace of its own: the worker's, one in the middle, a client's. Worker and
client do not reach each other: what passes between them the machine in the middle has to do."""
from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from waiting import DEADLINE_S, wait_for  # noqa: E402

SOURCE = pathlib.Path(os.environ["SPACECAST_SOURCE"])
WORKER, INSIDE, OUTSIDE, CLIENT = "10.78.0.1", "10.78.0.2", "10.79.0.1", "10.79.0.2"


def enter() -> None:
    """Goes on in a network namespace of its own; called first."""
    if os.environ.get("SPACECAST_NETWORK"):
        return
    flags = "-n" if os.getuid() == 0 else "-rn"
    os.execvpe("unshare", ["unshare", flags, sys.executable, *sys.argv], {**os.environ, "SPACECAST_NETWORK": "1"})


class Machine:
    def __init__(self, folder: pathlib.Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.children: list[subprocess.Popen[str]] = []
        self.anchor = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "-n", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", lambda: os.readlink(f"/proc/{self.anchor.pid}/ns/net") != own)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def enter(self) -> list[str]:
        return ["nsenter", "-t", str(self.anchor.pid), "-n"]

    def run(self, *command: str, text: str = "") -> str:
        done = subprocess.run([*self.enter, *command], input=text, capture_output=True, text=True, timeout=DEADLINE_S)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *command: str, log: str, **options: Any) -> subprocess.Popen[str]:
        with open(self.folder / log, "w") as output:
            child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.enter, *command],
                                     **{"stdout": output, "stderr": output, "text": True, **options})
        self.children.append(child)
        return child

    def end(self) -> None:
        for child in (*self.children, self.anchor):
            child.kill()
            child.communicate()


class Row:
    def __init__(self) -> None:
        self.temporary = tempfile.TemporaryDirectory(prefix="network-")
        self.folder = pathlib.Path(self.temporary.name)
        self.machines = [Machine(self.folder, name) for name in ("worker", "middle", "client")]
        self.worker, self.middle, self.client = self.machines
        self.link(self.worker, WORKER, self.middle, INSIDE, "in")
        self.link(self.client, CLIENT, self.middle, OUTSIDE, "out")

    def __enter__(self) -> "Row":
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self.machines:
            machine.end()
        self.temporary.cleanup()

    def link(self, end: Machine, address: str, middle: Machine, other: str, name: str) -> None:
        subprocess.run(["ip", "link", "add", "eth0", "netns", str(end.anchor.pid), "type", "veth", "peer", "name", name,
                        "netns", str(middle.anchor.pid)], check=True)
        for machine, device, own in ((end, "eth0", address), (middle, name, other)):
            machine.run("ip", "addr", "add", f"{own}/24", "dev", device)
            machine.run("ip", "link", "set", device, "up")

    def log(self, name: str) -> str:
        return (self.folder / name).read_text(errors="replace")


class Worker:
    """A worker with small pictures; what is asked of it over HTTP is asked from its own machine."""

    def __init__(self, row: Row, *arguments: str, address: str = WORKER) -> None:
        program = (SOURCE / "pipelines/program.launch").read_text().replace("speed-preset=veryfast", "speed-preset=ultrafast")
        (row.folder / "program.launch").write_text(program)
        self.row = row
        row.worker.start(str(SOURCE / "scripts/spacecast"), "run", "--space", "demo", "--open", "--listen", "127.0.0.1:8080",
                         "--admin", "127.0.0.1:9100", "--program", str(row.folder / "program.launch"), "--size", "320x180",
                         "--ice-address", address, *arguments, log="worker.log")
        wait_for("the worker", lambda: self.get("healthz", "127.0.0.1:9100"))

    def get(self, path: str, authority: str = "127.0.0.1:8080") -> str:
        try:
            return self.row.worker.run("curl", "-sf", "--max-time", "10", f"http://{authority}/{path}")
        except AssertionError:
            return ""

    def speakers(self) -> list[dict[str, Any]]:
        return json.loads(self.get("spaces/demo/api/stage"))["speakers"]

    def join(self, offer: str, name: str) -> "Answer":
        return Answer(self.row.worker.run(
            "curl", "-si", "--max-time", "10", "-H", "Content-Type: application/sdp", "--data-binary", "@-",
            f"http://127.0.0.1:8080/spaces/demo/stage?name={urllib.parse.quote(name)}", text=offer))


class Answer:
    def __init__(self, text: str) -> None:
        head, _, self.body = text.partition("\r\n\r\n" if "\r\n\r\n" in text else "\n\n")
        lines = head.splitlines()
        self.status = int(lines[0].split()[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]

    def links(self) -> list[dict[str, str]]:
        """The ICE servers that the Link headers name (RFC 9725 §4.6)."""
        servers = []
        for name, value in self.headers:
            if name.lower() != "link" or 'rel="ice-server"' not in value:
                continue
            server = {"url": re.match(r"<([^>]*)>", value).group(1)}
            server.update(re.findall(r'; ([a-z-]+)="([^"]*)"', value))
            servers.append(server)
        return servers


class Peer:
    """An aiortc client with a tone in the client's machine. What it says and hears goes through this process."""

    def __init__(self, row: Row, server: dict[str, str] | None = None) -> None:
        self.child = row.client.start(
            "/usr/bin/python3", str(pathlib.Path(__file__).with_name("peer.py")), json.dumps(server), log="peer.log",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)

    def hear(self) -> dict[str, Any]:
        line = self.child.stdout.readline()
        assert line, "the peer has ended"
        return json.loads(line)

    def tell(self, **what: str) -> None:
        print(json.dumps(what), file=self.child.stdin, flush=True)
