"""What caches cost and how much later a part is through them: scripts/bench edge [--viewers N] [--seconds S] [--rounds R]

Origin, shield, edges and viewers are network namespaces of their own on one bridge (tests/edge/netlab.py). N viewers of the
picture ask the origin, one cache, or an edge that asks a shield. Printed for each: how long after its publication a part
was complete at the viewers (that of a lone viewer in the origin's machine is when it was published), what the origin was
asked for a part, and the CPU time of the caches for 1,000 viewers. nginx's cache stands in the shield's place once.

Viewers are one process that shares the machine's cores with everything: figures are upper bounds.
"""
import argparse
import os
import pathlib
import statistics
import sys

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
      proxy_set_header Spacecast-Edge {secret};
      proxy_cache parts;
      proxy_cache_key "$uri|$arg__HLS_msn|$arg__HLS_part|$arg__HLS_skip";
      proxy_cache_lock on; proxy_cache_lock_timeout 20s; proxy_cache_lock_age 20s;
      proxy_read_timeout 20s;
    }}
  }}
}}
"""


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


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(lab: netlab.Lab, urls: list[str], caches: list[netlab.Process], count: int, seconds: float) -> dict[str, float]:
    common = ("--renditions", "v0", "--arrivals", "--secret", lab.secret, "--seconds", str(seconds))
    asked, before = netlab.Asked(lab), cpu_seconds(*caches)
    worker_before = cpu_seconds(lab.worker)
    publication = lab.crowd("viewers", *common, "--count", "1", "--spread", "0", f"http://127.0.0.1:8080{netlab.HLS}", host=lab.origin)
    crowd = lab.crowd("viewers", *common, "--count", str(count), *urls)
    report, published = crowd.report(), publication.report()
    used, worker = cpu_seconds(*caches) - before, cpu_seconds(lab.worker) - worker_before
    first = {name: min(times) for name, times in published["arrivals"].items()}
    # Those for which all had come, a second after the last of them joined.
    joined = min(min(times) for times in report["arrivals"].values()) + 2
    delays = []
    for name in first:
        times = report["arrivals"].get(name, [])
        if len(times) >= 0.9 * count and first[name] > joined:
            delays += [1000 * (time - first[name]) for time in times]
    if not delays:
        sys.exit(f"bench: no part reached 90 % of {count} viewers in time: they are too many for one process on this machine")
    requests = asked.now()
    # Without those of the lone viewer.
    requests["media_playlists"] -= sum(published["statuses"].values())
    return {"p50": percentile(delays, 0.5), "p95": percentile(delays, 0.95), "p99": percentile(delays, 0.99),
            "max": max(delays), "parts": len(published["parts"]),
            "asked": (requests["parts"] + requests["media_playlists"]) / len(published["parts"]),
            "cpu": 100 * used / seconds / count * 1000, "worker": 100 * worker / seconds, "refused": sum(report["refused"].values())}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench edge")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with netlab.Lab() as lab:
        lab.start()
        (lab.folder / "nginx.conf").write_text(
            NGINX.format(folder=lab.folder, origin=lab.origin.address, secret=lab.secret))
        os.chmod(lab.folder, 0o755)
        nginx = lab.shield.start("nginx", "-c", str(lab.folder / "nginx.conf"), log="nginx")
        shield, edges = lab.caches["shield"], [lab.caches["edge1"], lab.caches["edge2"]]
        ways = {
            "origin alone": ([f"http://{lab.origin.address}:8080{netlab.HLS}"], []),
            "Varnish": ([lab.url(lab.shield)], [shield]),
            "Varnish, Varnish": ([lab.url(lab.edge1), lab.url(lab.edge2)], [shield, *edges]),
            "nginx": ([f"http://{lab.shield.address}:8081{netlab.HLS}"], [nginx]),
        }
        rounds: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(arguments.rounds):
            for way, (urls, caches) in ways.items():
                rounds[way].append(measure(lab, urls, caches, arguments.viewers, arguments.seconds))
    print(f"{arguments.viewers} viewers; milliseconds after publication; medians of {arguments.rounds} rounds")
    print(f"{'':18}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}{'asked of the origin':>21}{'CPU of caches':>15}")
    for way, figures in rounds.items():
        middle = {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}
        print(f"{way:18}{middle['p50']:8.1f}{middle['p95']:8.1f}{middle['p99']:8.1f}{middle['max']:8.1f}"
              f"{middle['asked']:15.2f} a part{middle['cpu']:8.0f} % of a core for 1,000; worker {middle['worker']:.0f} %;"
              f" refused {middle['refused']:.0f}")


if __name__ == "__main__":
    main()
