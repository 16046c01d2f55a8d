"""Goal: floods cost those on stage nothing, and leave nothing behind. While two simulated speakers talk with each other:
joins of rubbish, offers of peers that never connect, connections that never finish a request, bodies of 10 MB and requests
with 1,000 headers. Method: a real worker on loopback. That media go on is seen from all sides: what the worker receives of
each speaker in each second, the sequence numbers of what each speaker is sent back, and the program's parts. Memory, threads
and descriptors are the process's own, before and after; the program's parts in memory do not count."""
import collections
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from offers import AUDIO, join, offer, section
from session_client import FRAGMENT, SAME_ICE, ask, post_once
from worker import DEADLINE_S, SOURCE, Worker, wait_for

WHIP, STAGE, WHEP = "/spaces/demo/whip", "/spaces/demo/stage", "/spaces/demo/whep"
AT_ONCE = 20
JOINS = 300
HALF_OPEN = 200
BODY_BYTES = 10_000_000
# The program's own pictures take tens of MB more at once when somebody else comes on air, floods or none; what is lost with
# sessions is lost in every round. So the round that grew least counts.
ROUNDS = 3
ROUND_JOINS = 50
ROUND_GROWTH_MAX_MB = 2
# Threads and descriptors that libraries keep for the next time. A session that stayed behind would be 9 and more of each.
KEPT_MAX = 8


class Speaker:
    """On stage until it is told to leave."""

    def __init__(self, worker, folder, number, *arguments):
        self.report = os.path.join(folder, f"speaker{number}.json")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", f"{SOURCE}/scripts/spacecast", "speaker", worker.addresses["stage"],
             "--name", f"Speaker {number}", "--pattern", str(number), "--ice-address", "127.0.0.1", "--report", self.report,
             *arguments], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("connected"), "the speaker has not come on stage"

    def leave(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=DEADLINE_S)
        with open(self.report, encoding="utf-8") as file:
            return json.load(file)


class Watch(threading.Thread):
    """Asks each second who is on stage, and how much was received of each."""

    def __init__(self, worker):
        super().__init__()
        self.worker, self.over, self.faults, self.seconds = worker, threading.Event(), [], 0
        self.received = {}

    def run(self):
        while not self.over.wait(1):
            speakers = {s["id"]: s for s in json.load(self.worker.get("viewer", "spaces/demo/api/stage"))["speakers"]}
            self.seconds += 1
            for speaker, before in self.received.items():
                now = speakers.get(speaker)
                if not now or now["connection"] != "connected":
                    self.faults.append((self.seconds, speaker, now))
                elif now["audioPackets"] <= before:
                    self.faults.append((self.seconds, "nothing received of", now))
                else:
                    self.received[speaker] = now["audioPackets"]

    def __enter__(self):
        self.received = {s["id"]: s["audioPackets"]
                         for s in json.load(self.worker.get("viewer", "spaces/demo/api/stage"))["speakers"]}
        assert len(self.received) == 2, self.received
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def many(count, action):
    """The results of action(0), action(1) …, some at a time."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return collections.Counter(pool.map(action, range(count)))


def raw(worker, head, body=b"", pieces=1):
    """The status of a request of any shape; 0 where the connection was just closed."""
    with socket.create_connection(("127.0.0.1", worker.port), DEADLINE_S) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(head)
            for _ in range(pieces):
                client.sendall(body)
        with contextlib.suppress(ConnectionError):
            answer = client.recv(4096)
            return int(answer.split()[1]) if answer else 0
        return 0


class Flood(unittest.TestCase):
    def entries(self, what):
        return len(os.listdir(f"/proc/{self.worker.process.pid}/{what}"))

    def memory_mb(self):
        """Resident, less what the program keeps for viewers."""
        with open(f"/proc/{self.worker.process.pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return (resident - self.worker.metric("spacecast_store_bytes")) / 1e6

    def held(self):
        return self.entries("task"), self.entries("fd")

    def wait_calm(self):
        """Until only the two are left, and what was taken down is gone."""
        wait_for("those who never connected to be gone", lambda: self.worker.metric("spacecast_speakers") == 2
                 and self.worker.metric("spacecast_monitors") == 0, 60)
        wait_for(f"threads and descriptors as before, {self.calm}",
                 lambda: all(now <= before + KEPT_MAX for now, before in zip(self.held(), self.calm)), 60)
        return self.held()

    def never_connect(self, count):
        """Well-formed offers by peers that do not exist: answered while there is room, and turned away."""
        offers = {STAGE: offer("sendrecv"), WHIP: offer(), WHEP: offer("recvonly")}
        return many(count, lambda i: post_once(self.worker, offers[(STAGE, WHIP, WHEP)[i % 3]], (STAGE, WHIP, WHEP)[i % 3]).status)

    def come_and_go(self, count):
        """Sessions that are made and ended at once, as fast as they are let in."""
        turned_away = []

        def join_patiently(path, sdp):
            answer = post_once(self.worker, sdp, path)
            if answer.status != 503:
                return answer
            turned_away.append(answer)
            return None

        def one(i):
            path, direction = ((WHIP, "sendonly"), (WHEP, "recvonly"))[i % 2]
            sdp = join(section(AUDIO, 0, direction))
            answer = wait_for("being let in", lambda: join_patiently(path, sdp), 60)
            self.assertEqual(answer.status, 201, answer.body)
            headers = {"Content-Type": FRAGMENT, "If-Match": answer.get("etag")}
            self.assertEqual(ask(self.worker, "PATCH", answer.get("location"), headers, SAME_ICE).status, 204)
            self.assertEqual(ask(self.worker, "DELETE", answer.get("location")).status, 200)
            return answer.status
        return many(count, one) + collections.Counter(answer.status for answer in turned_away)

    def rubbish(self, count):
        bodies = ["", "junk", "\x00" * 1000, "v=0\r\n", offer()[:300], offer().replace("H264", "H265"), "a=x\r\n" * 12000,
                  offer().replace("sha-256", "md5"), offer("inactive"), "x" * 70000]
        return many(count, lambda i: post_once(self.worker, bodies[i % len(bodies)], (STAGE, WHIP, WHEP)[i % 3]).status)

    def half_open(self, count):
        """Connections that begin a request and never end it: the server ends them."""
        beginnings = [b"", b"P", b"POST /spaces/demo/whip HTTP/1.1\r\nHost: x\r\n",
                      b"POST /spaces/demo/whip HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                      b"Content-Length: 5000\r\n\r\nv=0\r\n"]
        sockets = [socket.create_connection(("127.0.0.1", self.worker.port), DEADLINE_S) for _ in range(count)]
        for i, client in enumerate(sockets):
            client.sendall(beginnings[i % len(beginnings)])
        ended = 0
        for client in sockets:
            client.settimeout(DEADLINE_S)
            with client, contextlib.suppress(ConnectionError):
                ended += client.recv(100) == b""
        return ended

    def test_floods(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        # No window to rewind in: what is kept of the program stays the same.
        self.worker = worker = self.enterContext(Worker("--dvr", 0))
        worker.wait_ready()
        speakers = [Speaker(worker, folder, 0), Speaker(worker, folder, 1, "--video", "none")]
        self.calm = self.held()
        # Everything has been done once, so that what is loaded and made only once is there.
        self.rubbish(20)
        self.never_connect(60)
        self.wait_calm()
        self.come_and_go(40)
        self.calm = self.wait_calm()
        memory = self.memory_mb()
        start = worker.playlist()

        with Watch(worker) as watch:
            results = {"rubbish": self.rubbish(JOINS)}
            results["never connect"] = self.never_connect(JOINS)
            self.wait_calm()
            results["come and go"] = self.come_and_go(JOINS // 3)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                half_open = pool.submit(self.half_open, HALF_OPEN)
                length = f"POST {WHIP} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
                chunked = f"POST {WHIP} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n"
                chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
                results["10 MB"] = many(20, lambda i: raw(worker, length.encode(), b"x" * 100_000, BODY_BYTES // 100_000))
                results["10 MB in chunks"] = many(20, lambda i: raw(worker, chunked.encode(), chunk, BODY_BYTES // 65536))
                few = "".join(f"X-{i}: y\r\n" for i in range(1000))
                large = "".join(f"X-{i}: {'y' * 100}\r\n" for i in range(1000))
                results["1,000 headers"] = many(100, lambda i: raw(worker, f"GET {WHIP} HTTP/1.1\r\nHost: x\r\n{few}\r\n".encode()))
                results["100 KB of headers"] = many(
                    100, lambda i: raw(worker, f"GET {WHIP} HTTP/1.1\r\nHost: x\r\n{large}\r\n".encode()))
                self.assertEqual(half_open.result(), HALF_OPEN)
            after = self.wait_calm()
            sizes = [self.memory_mb()]
            for _ in range(ROUNDS):
                self.come_and_go(ROUND_JOINS)
                self.wait_calm()
                sizes.append(self.memory_mb())
            grown = min(now - before for before, now in zip(sizes, sizes[1:]))
            seconds = watch.seconds
        end = worker.playlist()
        reports = [speaker.leave() for speaker in speakers]

        for name, statuses in results.items():
            print(f"{name}: {dict(statuses)}")
        for report in reports:
            print(f"{report['name']} was sent {report['received']}")
        print(f"{seconds} s; threads and descriptors {self.calm} -> {after}; memory {memory:.0f} MB, then "
              + ", ".join(f"{size:.1f}" for size in sizes))

        self.assertEqual(watch.faults, [])
        for report in reports:
            for medium in ("audio", "video") if report["sent"]["video"]["packets"] else ("audio",):
                self.assertEqual(report["received"][medium]["missing"], 0, report)
                self.assertGreater(report["received"][medium]["packets"], 10 * seconds, report)
        self.assertEqual((end.gaps, end.discontinuities), (0, 0))
        self.assertGreater(end.sequence, start.sequence)
        self.assertLessEqual(set(results["rubbish"]), {400, 413, 415, 422, 503})
        self.assertLessEqual(set(results["never connect"]), {201, 503})
        self.assertEqual(results["come and go"][201], JOINS // 3)
        self.assertEqual(set(results["10 MB"]) | set(results["10 MB in chunks"]), {413})
        self.assertEqual(set(results["1,000 headers"]), {204})
        self.assertLessEqual(set(results["100 KB of headers"]), {0, 400, 431})
        self.assertEqual(worker.metric("spacecast_teardowns_stuck_total"), 0)
        self.assertLess(grown, ROUND_GROWTH_MAX_MB)


if __name__ == "__main__":
    unittest.main()
