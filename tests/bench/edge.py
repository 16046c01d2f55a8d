"""What an audience costs, direct and through caches: scripts/bench edge [--viewers 10,100,1000] [--seconds S]

Origin, shield, edges and viewers are network namespaces of their own on one bridge (tests/edge/netlab.py). The viewers are
`spacecast viewers`: players of picture and sound that ask for what hls.js asks for. For each number of them, direct, through
one Varnish, through an edge and a shield, and through nginx's cache in the shield's place, one line says: how long after its
publication a part was with a viewer, what the origin was asked for each part it published, and the CPU time of worker, caches
and viewers.

All of it shares the machine's cores, the viewers too: where these are nearly full, figures are upper bounds, and it is said.
"""
import argparse
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge"))
import netlab  # noqa: E402

netlab.enter()

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 8000; }}
http {{
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
  uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  proxy_cache_path {folder}/nginx levels=1:2 keys_zone=parts:32m inactive=60s max_size=512m use_temp_path=off;
  upstream origin {{ server {origin}:8080; keepalive 64; }}
  server {{
    listen 8081 backlog=4096;
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Accept-Encoding gzip;
      proxy_cache parts;
      proxy_cache_key "$uri|$arg__HLS_msn|$arg__HLS_part|$arg__HLS_skip";
      proxy_cache_lock on; proxy_cache_lock_timeout 20s; proxy_cache_lock_age 20s;
      proxy_read_timeout 20s;
    }}
  }}
}}
"""


# Segments of two seconds in parts of a third.
PARTS_IN_SEGMENT = 6

HEAD = f"""{'viewers':>7}  {'through':16} {'part after publication, ms':>29}  {'asked of':>9}  {'CPU, % of a core':>24}  {'caches:':>19}
{'':7}  {'':16} {'p50':>9} {'p95':>9} {'p99':>9}  {'the origin':>9}  {'worker':>7} {'caches':>7} {'viewers':>8}  {'1,000':>8} {'a request':>10}"""
LINE = ("{count:7,}  {way:16} {p50:9.1f} {p95:9.1f} {p99:9.1f}  {asked:7.2f} /p  {worker:7.1f} {caches:7.1f} {viewers:8.1f}"
        "  {thousand:6.0f} % {core_ms:7.3f} ms  {stalls} stalls, {errors} errors")


def cpu_seconds(*processes: netlab.Process) -> float:
    """Of the processes with all their children: everything in their sessions."""
    sessions = {process.child.pid for process in processes}
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in sessions:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def published(lab: netlab.Lab) -> int:
    """Parts so far, of both renditions, since some moment."""
    total = 0
    for name in ("v0", "a0"):
        text = lab.origin.run("curl", "-s", f"http://127.0.0.1:8080{netlab.HLS}{name}.m3u8")
        segment, part = map(int, re.search(r'PRELOAD-HINT:TYPE=PART,URI="\w+/(\d+)\.(\d+)\.', text).groups())
        total += PARTS_IN_SEGMENT * segment + part
    return total


def measure(lab: netlab.Lab, urls: list[str], caches: list[netlab.Process], count: int, seconds: float) -> dict[str, float]:
    ramp = seconds / 5
    report = lab.folder / "viewers.json"
    before = cpu_seconds(*caches), cpu_seconds(lab.worker), time.monotonic()
    parts = published(lab)
    asked = netlab.Asked(lab)
    crowd = lab.viewers.start(str(netlab.SOURCE / "scripts/spacecast"), "viewers", "--count", str(count), "--duration", str(seconds),
                              "--ramp", str(ramp), "--report", str(report), *urls, log="crowd")
    used = 0.0
    while crowd.child.poll() is None:
        used = max(used, cpu_seconds(crowd))
        time.sleep(0.1)
    if crowd.child.returncode != 0:
        sys.exit(f"bench: the viewers failed: {crowd.text()[-500:]}")
    wall = time.monotonic() - before[2]
    requests = asked.now()
    parts = published(lab) - parts
    seen = json.loads(report.read_text())
    # They join and leave over the ramps, so on average so many watched.
    watching = count * (seconds - ramp) / seconds
    delays = {key: 1000 * seen["parts"][key] for key in ("p50", "p95", "p99")}
    return {**delays, "asked": (requests["parts"] + requests["media_playlists"]) / parts, "stalls": seen["stalls"],
            "errors": sum(seen["errors"].values()), "worker": 100 * (cpu_seconds(lab.worker) - before[1]) / wall,
            "caches": 100 * (cpu_seconds(*caches) - before[0]) / wall, "viewers": 100 * used / wall,
            "thousand": 100 * (cpu_seconds(*caches) - before[0]) / wall / watching * 1000,
            "core_ms": 1000 * (cpu_seconds(*caches) - before[0]) / seen["requests"]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench edge")
    parser.add_argument("--viewers", default="10,100,1000")
    parser.add_argument("--seconds", type=float, default=15)
    arguments = parser.parse_args()
    counts = [int(count) for count in arguments.viewers.split(",")]
    with netlab.Lab(secret="") as lab:
        lab.start()
        (lab.folder / "nginx.conf").write_text(NGINX.format(folder=lab.folder, origin=lab.origin.address))
        os.chmod(lab.folder, 0o755)
        nginx = lab.shield.start("nginx", "-c", str(lab.folder / "nginx.conf"), log="nginx")
        master = netlab.HLS + "master.m3u8"
        shield, edges = lab.caches["shield"], [lab.caches["edge1"], lab.caches["edge2"]]
        ways = {
            "direct": ([f"http://{lab.origin.address}:8080{master}"], []),
            "Varnish": ([lab.url(lab.shield, "master.m3u8")], [shield]),
            "Varnish, Varnish": ([lab.url(lab.edge1, "master.m3u8"), lab.url(lab.edge2, "master.m3u8")], [shield, *edges]),
            "nginx": ([f"http://{lab.shield.address}:8081{master}"], [nginx]),
        }
        print(HEAD, flush=True)
        for count in counts:
            for way, (urls, caches) in ways.items():
                figures = measure(lab, urls, caches, count, arguments.seconds)
                full = " (machine full)" if figures["worker"] + figures["caches"] + figures["viewers"] > 0.7 * 100 * os.cpu_count() else ""
                print(LINE.format(count=count, way=way, **figures) + full, flush=True)


if __name__ == "__main__":
    main()
