"""How soon those who wait have their answer: scripts/bench origin [--rounds N] [--json FILE]

1,000 and 5,000 keep-alive connections each ask for what the next part brings: the playlist in a blocking
reload, or the hinted part itself (83 kB, a third of a second at 2 Mbit/s). All wait; the part is published;
printed is the time from then until the median and the last of them have their whole answer.

In turns with that, nginx hands the very same bytes out as a static file, to as many requests sent at once on
as many keep-alive connections; printed is the time from the first request sent. The origin and nginx's one
worker run on the same core, the client on another. Ratios are those of the medians over all rounds.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SPACECAST_BUILD", ROOT / "build"))
CROWDS = (1000, 5000)
KINDS = {"reload": "blocking reload", "part": "hinted part"}
DESCRIPTORS = 20000
NGINX_PORT = 18080
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile {descriptors};
events {{ worker_connections 12000; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 1000000;
  open_file_cache max=16;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/www; }}
}}
"""


class Process:
    """A child on one core that ends with this script and is talked to in lines."""

    def __init__(self, core, *command):
        self.name = pathlib.Path(command[0]).name
        self.child = subprocess.Popen(
            ["taskset", "-c", str(core), "setpriv", "--pdeathsig", "KILL", *map(str, command)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def hear(self):
        line = self.child.stdout.readline()
        if not line:
            sys.exit(f"bench: {self.name} ended with status {self.child.wait()}")
        return line.split()

    def ask(self, line):
        self.tell(line)
        return self.hear()

    def end(self):
        self.child.kill()
        self.child.wait()


def fetch(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        sys.exit(f"bench: {target} is answered with {answer.status}")
    return body


def wait_for_nginx(nginx):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if nginx.child.poll() is not None:
            sys.exit("bench: nginx did not start")
        try:
            fetch(NGINX_PORT, "/start")
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("bench: nginx does not answer")


def collected(words, count, begin_ns):
    """Milliseconds until the median and the last answer, and bytes of one."""
    good, total, times = int(words[1]), int(words[2]), [int(word) for word in words[3:]]
    if good != count:
        sys.exit(f"bench: {good} of {count} requests have a good answer")
    return {"median_ms": (statistics.median(times) - begin_ns) / 1e6,
            "last_ms": (times[-1] - begin_ns) / 1e6, "bytes": total // count}


def origin_round(host, crowd, kind, count):
    """One part; also the target that was asked for."""
    msn, part = host.ask("next")
    target = (f"/hls/v0.m3u8?_HLS_msn={msn}&_HLS_part={part}" if kind == "reload"
              else f"/hls/v0/{msn}.{part}.m4s")
    crowd.ask(f"ask {target}")
    crowd.tell("collect")  # It listens before there is anything to hear.
    begin, = host.ask(f"publish {count}")
    return collected(crowd.hear(), count, int(begin)), target


def nginx_round(crowd, name, count):
    asked = crowd.ask(f"ask /{name}")
    return collected(crowd.ask("collect"), count, int(asked[1]))


def measure(count, rounds, host, port, folder, results):
    """All kinds with one crowd a server, in turns."""
    crowds = [Process(1, BUILD / "tests/bench/crowd", port, count, "/hls/v0/init-1.mp4"),
              Process(1, BUILD / "tests/bench/crowd", NGINX_PORT, count, "/start")]
    try:
        for crowd in crowds:
            crowd.hear()
        for number in range(rounds + 1):  # The first warms up.
            for kind in KINDS:
                ours, target = origin_round(host, crowds[0], kind, count)
                name = f"{kind}-{count}-{number}"
                (folder / "www" / name).write_bytes(fetch(port, target))
                theirs = nginx_round(crowds[1], name, count)
                if ours["bytes"] != theirs["bytes"]:
                    sys.exit(f"bench: answers of {ours['bytes']} and {theirs['bytes']} bytes")
                if number > 0:
                    results[kind, count].append((ours, theirs))
    finally:
        for crowd in crowds:
            crowd.end()


def summarise(pairs):
    def over(index, key):
        values = [pair[index][key] for pair in pairs]
        return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}
    summary = {"bytes": pairs[0][0]["bytes"]}
    for index, name in enumerate(("origin", "nginx")):
        summary[name] = {key: over(index, key) for key in ("median_ms", "last_ms")}
    summary["ratio"] = {key: summary["origin"][key]["median"] / summary["nginx"][key]["median"]
                        for key in ("median_ms", "last_ms")}
    return summary


def print_table(summaries, rounds):
    def cell(value):
        return f"{value['median']:.1f} ({value['lowest']:.1f}-{value['highest']:.1f})"
    print(f"\nms until the median and the last of all who wait have their whole answer; median of {rounds} parts "
          "(lowest-highest).\nOne core for the server, another for the client.\n")
    columns = ("origin, median", "origin, last", "nginx, median", "nginx, last")
    print(f"{'':36}" + "".join(f"{column:>25}" for column in columns) + "   ratio of medians, of lasts")
    for (kind, count), summary in summaries.items():
        cells = [cell(summary[server][key]) for server in ("origin", "nginx") for key in ("median_ms", "last_ms")]
        print(f"{f'{count} x {KINDS[kind]}, ' + str(summary['bytes']) + ' bytes':36}"
              + "".join(f"{text:>25}" for text in cells)
              + f"{summary['ratio']['median_ms']:12.2f}{summary['ratio']['last_ms']:10.2f}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench origin",
                                     description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("rounds must be positive")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: needs two cores, one for the server and one for the client")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    descriptors = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))

    results = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "www").mkdir()
        (folder / "www" / "start").write_bytes(b"start")
        (folder / "nginx.conf").write_text(
            NGINX.format(folder=folder, port=NGINX_PORT, descriptors=descriptors))
        host = Process(0, BUILD / "tests/bench/origin_host")
        nginx = Process(0, "/usr/sbin/nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log")
        try:
            port = int(host.hear()[1])
            wait_for_nginx(nginx)
            for count in CROWDS:
                print(f"{count} who wait", file=sys.stderr)
                measure(count, arguments.rounds, host, port, folder, results)
        finally:
            host.end()
            nginx.end()

    summaries = {key: summarise(results[key]) for key in
                 sorted(results, key=lambda key: (list(KINDS).index(key[0]), key[1]))}
    print_table(summaries, arguments.rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            [{"what": kind, "waiting": count, **summary, "rounds": [
                {"origin": ours, "nginx": theirs} for ours, theirs in results[kind, count]]}
             for (kind, count), summary in summaries.items()], indent=1) + "\n")


if __name__ == "__main__":
    main()
