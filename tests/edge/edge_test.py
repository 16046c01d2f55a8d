"""Goal: what the origin is asked for depends on what is published, not on who watches, who attacks or what fails; and no
viewer is ever refused what it is entitled to. Method: a Space, a shield and two edges in machines of their own, as
netlab.py makes them, with clients that ask as players do; the origin's own counters say what reached it. Only counts are
asserted, never times."""
import contextlib
import json
import re
import subprocess
import sys
import unittest

import netlab

netlab.enter()
sys.path.insert(0, str(netlab.SOURCE / "tests/integration"))
from crowd import Connections, allow_descriptors  # noqa: E402

# One shield asks: nothing is asked for twice. A newest playlist is asked for once a second and rendition.
RENDITIONS = 2
lab: netlab.Lab


def setUpModule():
    global lab
    allow_descriptors()
    lab = netlab.Lab()
    unittest.addModuleCleanup(lab.__exit__)
    lab.start()


def urls(*edges, file=""):
    return [lab.url(edge, file) for edge in edges or (lab.edge1, lab.edge2)]


def viewers(count, seconds, *edges):
    return lab.crowd("viewers", "--count", str(count), "--seconds", str(seconds), *urls(*edges))


def next_part(rendition="v0"):
    """Segment and part of the preload hint, as a viewer knows it."""
    body = lab.viewers.get(lab.url(lab.edge1, f"{rendition}.m3u8")).body
    return tuple(map(int, re.search(r'PRELOAD-HINT:TYPE=PART,URI="\w+/(\d+)\.(\d+)\.', body).groups()))


class Edge(unittest.TestCase):
    def check_bounds(self, asked, report, seconds):
        """Each part and each blocking reload at most once, and nothing that is not needed."""
        self.assertLessEqual(asked["parts"], len(report["parts"]), asked)
        self.assertLessEqual(asked["media_playlists"], report["reloads"] + RENDITIONS * (seconds + 2), asked)

    def check_reloads(self, names, msn, part):
        """Each state once, and only those that were there to be asked for: `msn` and `part`, or newer. How many that are depends
        on how long everybody takes to ask."""
        reloads = [name for name in names if "?" in name]
        self.assertEqual(len(reloads), len(set(reloads)), reloads)
        for reload in reloads:
            asked_for = tuple(map(int, re.fullmatch(r"v0\.m3u8\?_HLS_msn=(\d+)(?:&_HLS_part=(\d+))?", reload).groups("999")))
            self.assertGreaterEqual(asked_for, (msn, part), reloads)

    def test_1_the_number_of_viewers_is_nothing_to_the_origin(self):
        seconds = 6
        for count in (10, 100):
            with self.subTest(viewers=count):
                asked = netlab.Asked(lab)
                report = viewers(count, seconds).report()
                self.assertEqual(report["refused"], {})
                self.assertEqual(report["lost"], 0)
                self.assertEqual(len(report["progress"]), RENDITIONS * count)
                self.assertGreater(min(report["progress"]), 2 * (seconds - 2))
                self.check_bounds(asked.now(), report, seconds)
                self.assertEqual(sum(map(asked.now().get, ("not_found", "bad_requests", "timed_out", "turned_away"))), 0)

    def test_1a_nor_that_of_those_who_wait(self):
        """5,000 connections at one cache, half for each next playlist, half for each next part: as many as wait for a part of
        a picture with 2,500 viewers. They ask again when all were answered, at whatever pace this machine has."""
        rounds = 5
        with contextlib.ExitStack() as stack:
            reloads, parts = (Connections(6081, 2500, lab.shield.enter) for _ in range(2))
            for half in (reloads, parts):
                stack.callback(half.close)
                self.assertEqual(half.hear(), ["ready"])
            asked = netlab.Asked(lab)
            first = next_part()
            for _ in range(rounds):
                msn, part = next_part()
                reloads.ask(f"v0.m3u8?_HLS_msn={msn}&_HLS_part={part}")
                parts.ask(f"v0/{msn}.{part}.m4s")
                self.assertEqual((reloads.collect(), parts.collect()), (2500, 2500))
            names = asked.names(lab.shield)
        self.assertLessEqual(asked.now()["parts"], rounds)
        self.check_reloads(names, *first)
        self.assertLessEqual(names.count("v0.m3u8"), rounds + 1)  # By which this test knows what is next.

    def test_2_a_name_has_one_spelling(self):
        """All ask for the newest state in ways of their own, before it is there or when it is."""
        msn, part = next_part()
        ways = [f"_HLS_msn={msn}&_HLS_part={part}", f"_HLS_part={part}&_HLS_msn={msn}", f"x=1&_HLS_msn={msn}&_HLS_part={part}",
                f"_HLS_msn=0{msn}&_HLS_part=00{part}", f"_HLS_part={part}&token=a%26b&_HLS_msn={msn}&&=",
                f"_HLS_skip=NO&_HLS_msn={msn}&_HLS_later=1&_HLS_part={part}"]
        asked = netlab.Asked(lab)
        report = lab.crowd("once", "--count", "120", *(lab.url(lab.edge1, f"v0.m3u8?{way}") for way in ways)).report()
        self.assertEqual(report["statuses"], {"200": 120})
        names = asked.names(lab.edge1)
        self.check_reloads(names, msn, part)
        self.assertLessEqual(report["bodies"], len(names) + 1)  # The copy that was there, and what had to be asked for.

    def test_3_what_is_old_is_one_request_and_says_its_age(self):
        """A reload for a state of long ago is answered with the newest that the edge knows, whatever its name."""
        msn, next_ = next_part()
        asked = netlab.Asked(lab)
        ways = [lab.url(lab.edge1, f"v0.m3u8?_HLS_msn={msn - 1 - back}&_HLS_part={part}")
                for back in range(10) for part in range(20)]
        report = lab.crowd("once", "--count", "200", *ways).report()
        self.assertEqual(report["statuses"], {"200": 200})
        self.check_reloads(asked.names(lab.shield), *((msn, next_ - 1) if next_ else (msn - 1, 999)))
        # Through both tiers; a second later the copy is older by that.
        part = f"v0/{msn - 1}.0.m4s"
        age = netlab.wait_for("an age", lambda: int(lab.viewers.get(lab.url(lab.edge1, part), "-o", "/dev/null", "-D", "-")
                                                    .headers["age"]))
        self.assertGreaterEqual(age, 1)
        other = lab.viewers.get(lab.url(lab.edge2, part), "-o", "/dev/null", "-D", "-")
        self.assertGreaterEqual(int(other.headers["age"]), age)
        newest = lab.viewers.get(lab.url(lab.edge1, "a0.m3u8"))
        self.assertLessEqual(int(newest.headers["age"]), 2)
        self.assertEqual(newest.headers["cache-control"], "public, max-age=1")

    def test_4_both_encodings_are_one_copy(self):
        msn, _ = next_part()
        asked = netlab.Asked(lab)
        file = lab.url(lab.edge1, f"v0.iframes.m3u8?_HLS_msn={msn - 1}")
        plain, packed = lab.viewers.get(file), lab.viewers.get(file, "-H", "Accept-Encoding: gzip", "-o", "/dev/null", "-D", "-")
        self.assertIn("#EXTM3U", plain.body)
        self.assertNotIn("content-encoding", plain.headers)
        self.assertEqual(packed.headers["content-encoding"], "gzip")
        self.assertLessEqual(asked.now()["media_playlists"], 2)

    def test_5_who_goes_around_the_caches_is_refused(self):
        self.assertEqual(lab.viewers.get(f"http://{lab.origin.address}:8080{netlab.HLS}master.m3u8").status, 403)
        guess = lab.viewers.get(f"http://{lab.origin.address}:8080{netlab.HLS}v0.m3u8", "-H", "Spacecast-Edge: guess")
        self.assertEqual(guess.status, 403)
        for method in ("POST", "DELETE", "PURGE", "OPTIONS"):
            self.assertEqual(lab.viewers.get(lab.url(lab.edge1, "v0.m3u8"), "-X", method).status, 405)

    def test_6_names_that_nothing_has_never_reach_the_origin(self):
        asked = netlab.Asked(lab)
        for name in ("nothing", "v0.mp4", "v0/01.m4s", "v0/1.2.3.m4s", "v0/%31.m4s", "v0/1.1000.m4s", "../hls/v0.m3u8x",
                     "journal.jsonl", "v0.m3u8?_HLS_msn=1&_HLS_msn=2", "v0.m3u8?_HLS_msn=x", "v0.m3u8?_HLS_part=1"):
            answer = lab.viewers.get(lab.url(lab.edge1, name), "--path-as-is")
            self.assertIn(answer.status, (400, 404), name)
            self.assertEqual(answer.headers["cache-control"], "no-store", name)
            self.assertEqual(answer.headers["access-control-allow-origin"], "*", name)
            self.assertEqual(json.loads(answer.body)["status"], answer.status, name)
        for path in ("/spaces/other/hls/master.m3u8", "/spaces/demo/stage", "/spaces/demo/api/events", "/admin"):
            self.assertEqual(lab.viewers.get(f"http://{lab.edge1.address}:6081{path}").status, 404, path)
        self.assertEqual(set(asked.now().values()), {0})
        self.assertEqual(lab.viewers.get(f"http://{lab.edge1.address}:6081/healthz").status, 200)
        self.assertEqual(lab.viewers.get(f"http://{lab.edge1.address}:6081/readyz").status, 200)
        self.assertIn("<html", lab.viewers.get(f"http://{lab.edge1.address}:6081/?hls=x").body)

    def test_7_a_space_is_forgotten_at_once_where_it_is_asked_for_from_inside(self):
        part = "v0/{}.0.m4s".format(next_part()[0] - 1)
        def cached():
            return lab.viewers.get(lab.url(lab.edge2, part), "-o", "/dev/null", "-D", "-").headers["x-cache"]
        cached()
        self.assertEqual(cached(), "HIT")
        ban = f"http://{lab.edge2.address}:6081/spaces/{netlab.SPACE}/"
        self.assertEqual(lab.viewers.get(ban, "-X", "BAN").status, 403)
        self.assertEqual(cached(), "HIT")
        lab.edge2.run(str(netlab.EDGE / "purge"), "--space", netlab.SPACE, "127.0.0.1:6081")
        self.assertEqual(cached(), "MISS")

    def test_7a_viewers_have_tls_1_3_and_http_2(self):
        port = 8443
        lab.edge1.start(str(netlab.EDGE / "start-tls"), "--listen", f":{port}", "--self-signed", str(lab.folder / "tls"),
                        "--connections", "500", log="haproxy")
        def status(*options, path="/healthz"):
            try:
                return lab.viewers.run("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--max-time", "20",
                                       *options, f"https://{lab.edge1.address}:{port}{path}")
            except subprocess.CalledProcessError as error:
                return f"curl {error.returncode}"
        netlab.wait_for("TLS", lambda: status() == "200 2")
        self.assertEqual(status("--tlsv1.3", path=netlab.HLS + "v0.m3u8"), "200 2")
        self.assertEqual(status("--http1.1", path=netlab.HLS + "v0.m3u8"), "200 1.1")
        self.assertTrue(status("--tls-max", "1.2").startswith("curl"))
        # Held for as long as it takes, and by a proxy that knows of no file but its own.
        msn, _ = next_part()
        self.assertEqual(status(path=f"{netlab.HLS}v0.m3u8?_HLS_msn={msn + 1}"), "200 2")
        self.check_players_over_http_2(port)

    def check_players_over_http_2(self, port):
        """Each has one connection, whatever it waits for on it."""
        count, report = 20, lab.folder / "http2.json"
        asked = netlab.Asked(lab)
        watching = lab.viewers.start(
            str(netlab.SOURCE / "scripts/spacecast"), "viewers", "--count", str(count), "--duration", "6", "--http2",
            "--any-certificate", "--report", str(report), f"https://{lab.edge1.address}:{port}{netlab.HLS}master.m3u8",
            log="http2")
        most = 0
        while watching.child.poll() is None:
            most = max(most, lab.edge1.run("ss", "-Htn", "state", "established", "sport", "=", f":{port}").count("\n"))
        self.assertEqual(watching.child.returncode, 0, watching.text())
        seen = json.loads(report.read_text())
        self.assertEqual((seen["errors"], seen["jumps"], seen["start"]["count"]), ({}, 0, count))
        self.assertGreater(seen["parts"]["count"], count * RENDITIONS * 6)
        self.assertEqual(most, count)
        self.assertLess(asked.now()["parts"], seen["parts"]["count"] / 5)

    def test_8_a_flood_denies_nothing_to_anybody(self):
        """200 clients at both edges, half of them at the very part after the hinted one, half at names of all kinds."""
        seconds = 8
        watching = viewers(30, seconds + 2)
        asked = netlab.Asked(lab)
        flood = lab.crowd("flood", "--count", "200", "--seconds", str(seconds), "--pause", "0.05", *urls()).report()
        report = watching.report()
        now = asked.now()
        self.assertGreater(sum(flood["statuses"].values()), 5000)
        self.assertEqual(report["refused"], {})
        self.assertEqual(report["lost"], 0)
        self.assertGreater(min(report["progress"]), 2 * seconds)
        # What parts need: itself, a reload, and a newest playlist a second. For each of them two more, of a flood that asks
        # hundreds of times as often: at the live edge names are let through that may exist by now.
        parts = len(report["parts"])
        self.assertLessEqual(sum(now.values()), 2 * parts + RENDITIONS * (seconds + 4) + 2 * parts, now)

    def test_9a_a_slow_edge_is_slow_alone(self):
        lab.edge2.limit("2mbit")
        with contextlib.ExitStack() as stack:
            stack.callback(lab.edge2.limit, "")
            asked = netlab.Asked(lab)
            slow = viewers(30, 6, lab.edge2)
            report = viewers(30, 6, lab.edge1).report()
            slow_report = slow.report()
        self.assertEqual(report["refused"], {})
        self.assertGreater(min(report["progress"]), 8)
        self.assertLess(sum(slow_report["progress"]), sum(report["progress"]))
        parts = {*report["parts"], *slow_report["parts"]}
        self.assertLessEqual(asked.now()["parts"], len(parts))

    def test_9b_an_edge_that_was_killed_takes_up_where_it_was(self):
        asked = netlab.Asked(lab)
        watching = viewers(30, 9)
        netlab.wait_for("viewers", lambda: asked.now()["parts"] > 6)
        lab.caches["edge2"].kill()
        before = asked.now()["parts"]
        netlab.wait_for("more parts", lambda: asked.now()["parts"] > before + 3)
        lab.start_edge(lab.edge2)
        report = watching.report()
        self.assertGreater(report["lost"], 0)
        self.assertEqual(report["refused"], {})
        self.check_bounds(asked.now(), report, 9)
        self.assertGreater(min(report["progress"]), 8)

    def test_9ba_who_comes_over_to_an_edge_that_knows_nothing_is_one_request(self):
        """All of another edge's viewers at once, with what they would have asked there: the next reload, the hinted part, and
        then everything."""
        lab.caches["edge2"].kill()
        msn, part = next_part()
        lab.start_edge(lab.edge2)
        netlab.wait_for("the edge", lambda: lab.edge2.run("sh", "-c", "curl -s http://127.0.0.1:6081/healthz || true"))
        asked = netlab.Asked(lab)
        came = [lab.crowd("once", "--count", "100", lab.url(lab.edge2, name))
                for name in (f"v0.m3u8?_HLS_msn={msn}&_HLS_part={part}", f"v0/{msn}.{part}.m4s")]
        reloads, parts = (each.report() for each in came)
        for report in (reloads, parts):
            self.assertEqual(report["statuses"], {"200": 100})
        names = asked.names(lab.edge2)
        self.check_reloads(names, msn, part)
        self.assertEqual([name for name in names if "?" not in name], [f"v0/{msn}.{part}.m4s"])
        self.assertEqual(parts["bodies"], 1)
        self.assertLessEqual(reloads["bodies"], len(names) - 1)  # One for each reload that had to be asked for.
        before, asked = lab.asked_by(lab.edge2), netlab.Asked(lab)
        report = viewers(100, 5, lab.edge2).report()
        self.assertEqual((report["refused"], report["lost"]), ({}, 0))
        self.assertLessEqual(lab.asked_by(lab.edge2) - before,
                             len(report["parts"]) + report["reloads"] + RENDITIONS * (5 + 2))
        self.check_bounds(asked.now(), report, 5)

    def test_9c_after_a_restart_of_the_origin_all_go_on(self):
        """The worker is killed, as by the kernel, and goes on in its archive. Refused is nothing that it did not refuse by
        its absence: 503 for as long as it is away."""
        watching = viewers(30, 14)
        before = next_part()
        lab.worker.kill()
        lab.start_worker()
        report = watching.report()
        # A part that was hinted and never came to be is refused by the origin itself.
        for refused in report["refused"]:
            status, name = refused.split(" ", 1)
            self.assertIn(status, ("404", "503"), report["refused"])
            if status == "404":
                self.assertEqual(lab.origin.get(f"http://127.0.0.1:8080{netlab.HLS}{name}", "-H",
                                                f"Spacecast-Edge: {lab.secret}").status, 404)
        self.assertGreater(next_part(), before)
        last = {tuple(map(int, name[3:-4].split("."))) for name in report["parts"] if name.startswith("v0/")}
        self.assertGreater(max(last)[0], before[0] + 1)
        asked = netlab.Asked(lab)
        report = viewers(10, 4).report()
        self.assertEqual(report["refused"], {})
        self.check_bounds(asked.now(), report, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
