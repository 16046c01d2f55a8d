"""Goal: `spacecast run` starts, says where, tells an operator what is wrong in one line, and ends in order.
Method: the program itself on ports that the system picks; what it prints, answers and exits with."""
import json
import re
import signal
import socket
import tempfile
import threading
import unittest
import urllib.error

from worker import BAD_USAGE, DEADLINE_S, ENDED, FAULT, Worker, refused, wait_for


class BadUsage(unittest.TestCase):
    def check(self, expected_words, *arguments, status=BAD_USAGE, **environment):
        code, errors = refused(*arguments, **environment)
        self.assertEqual(code, status, errors)
        for word in expected_words:
            self.assertIn(word, errors)
        if status == BAD_USAGE:
            self.assertEqual(errors.count("\n"), 1, "one line, not: " + errors)

    def test_values_out_of_range_name_option_value_and_what_is_allowed(self):
        self.check(["--space", "a/b", "letters"], "--space", "a/b", "--open")
        self.check(["--listen", "nowhere", "HOST:PORT"], "--space", "a", "--open", "--listen", "nowhere:1")
        self.check(["--drain", "0", "1", "300"], "--space", "a", "--open", "--drain", "0")
        self.check(["--log", "xml", "text", "json"], "--space", "a", "--open", "--log", "xml")
        self.check(["--ice-address", "host"], "--space", "a", "--open", "--ice-address", "host")
        self.check(["--ice-public-address", "--ice-address"], "--space", "a", "--open", "--ice-public-address", "203.0.113.7")
        self.check(["--ice-ports", "50100-50000", "1024"], "--space", "a", "--open", "--ice-ports", "50100-50000")
        self.check(["--stun", "stun.example", "stun:HOST"], "--space", "a", "--open", "--stun", "stun:ok,stun.example")
        self.check(["--turn", "turn:host", "--turn-secret-file"], "--space", "a", "--open", "--turn", "turn:host")
        self.check(["--turn", "USER:PASSWORD@"], "--space", "a", "--open", "--turn", "turn:user@host")
        self.check(["--space"], "--open")
        self.check(["--dvr", "181", "180"], "--space", "a", "--open", "--dvr", "181")
        self.check(["--ladder", "360p,720p", "480p, 360p"], "--space", "a", "--open", "--ladder", "360p,720p")

        self.check(["--layout", "grid", "speaker", "gallery"], "--space", "a", "--open", "--layout", "grid")
        for size in ("720p", "1280x721", "1280", "1280x720x1", "158x160", "1922x160", "-640x360", "x", " 640x360"):
            self.check(["--size", size, "160", "1920", "1280x720"], "--space", "a", "--open", "--size=" + size)

    def test_environment_is_checked_like_the_command_line(self):
        self.check(["--drain", "soon"], "--space", "a", "--open", SPACECAST_DRAIN="soon")
        self.check(["--ladder", "big"], "--space", "a", "--open", SPACECAST_LADDER="big")
        self.check(["--size", "wide"], "--space", "a", "--open", SPACECAST_SIZE="wide")

    def test_a_key_that_is_no_option_is_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('space = "a"\nopen = true\nlisten-on = "127.0.0.1:0"\n')
            file.flush()
            self.check(["listen-on", "127.0.0.1:0", "listen"], "--config", file.name)

    def test_open_is_for_loopback_only(self):
        self.check(["--open", "0.0.0.0:0", "loopback"], "--space", "a", "--open", "--listen", "0.0.0.0:0")
        self.check(["--open"], "--space", "a")

    def test_an_address_in_use_is_a_fault(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.check([str(port)], "--space", "a", "--open", "--listen", f"127.0.0.1:{port}", status=FAULT)

    def test_a_program_that_lacks_an_element_is_a_fault(self):
        with tempfile.NamedTemporaryFile("w", suffix=".launch") as file:
            file.write("videotestsrc ! fakesink name=hls")
            file.flush()
            self.check(["activespeaker name=stage"], "--space", "a", "--open", "--program", file.name,
                       "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", status=FAULT)


class Run(unittest.TestCase):
    def test_a_ladder_is_served_with_all_its_rungs(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('ladder = "720p,360p"\ndvr = 0\n')
            file.flush()
            with Worker("--config", file.name) as worker:
                worker.wait_ready()
                master = worker.hls("master.m3u8").decode()
                for size in ("1280x720", "640x360"):
                    self.assertIn(f"RESOLUTION={size}", master)
                full, small = (worker.playlist(name) for name in ("v0", "v1"))
                common = set(full.durations) & set(small.durations)
                self.assertGreaterEqual(len(common), 2)
                for number in common:
                    self.assertEqual(full.durations[number], small.durations[number])

    def test_an_upright_program_has_upright_rungs(self):
        with Worker("--size", "720x1280", "--ladder", "720p,240p", "--layout", "gallery") as worker:
            worker.wait_ready()
            master = worker.hls("master.m3u8").decode()
            for size in ("720x1280", "240x426"):
                self.assertIn(f"RESOLUTION={size}", master)

    def test_all_who_wait_are_answered_when_the_space_ends(self):
        with Worker("--dvr", 0) as worker:
            worker.wait_ready()
            playlists = {name: worker.playlist(name) for name in ("v0", "a0")}
            waiting = [f"{name}.m3u8?_HLS_msn={playlist.numbers[-1] + 2}" for name, playlist in playlists.items()]
            waiting += [playlist.hint for playlist in playlists.values()]
            # A hinted part that comes before the end is media; those of playlists wait for the end.
            answers = [None] * 52

            def ask(index):
                try:
                    answers[index] = worker.hls(waiting[index % 4])
                except urllib.error.HTTPError as error:
                    answers[index] = error.code

            threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(answers))]
            for thread in threads:
                thread.start()
            wait_for("all to wait", lambda: worker.metric("spacecast_origin_parked_total") >= len(answers))
            worker.process.send_signal(signal.SIGTERM)
            for thread in threads:
                thread.join(DEADLINE_S)
            for index, answer in enumerate(answers):
                if index % 4 < 2:
                    self.assertIn(b"#EXT-X-ENDLIST", answer)
                else:
                    self.assertTrue(answer == 404 or b"moof" in answer[:64], answer)
            _, log = worker.process.communicate(timeout=DEADLINE_S)
            self.assertEqual(worker.process.returncode, ENDED, log)

    def test_a_worker_is_ready_measured_and_ends_in_order(self):
        with Worker("--log", "json") as worker:
            self.assertEqual(worker.get("admin", "healthz").read(), b"alive\n")
            worker.wait_ready()

            page = worker.get("viewer", "")
            self.assertIn(b"<title", page.read())
            self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
            space = json.load(worker.get("viewer", "api/space"))
            self.assertEqual(space, {"space": "demo", "open": True, "maxSpeakers": 13})
            roster = json.load(worker.get("viewer", "spaces/demo/api/stage"))
            self.assertEqual(roster, {"space": "demo", "state": "live", "layout": "speaker", "onAir": None,
                                      "speakers": []})
            metrics = worker.get("admin", "metrics").read().decode()
            self.assertRegex(metrics, r"(?m)^spacecast_speakers 0$")
            self.assertRegex(metrics, r"(?m)^spacecast_store_changes_total [1-9]")

            # Somebody waits for a part far in the future; the end answers, with the end.
            playlist = worker.get("viewer", "spaces/demo/hls/v0.m3u8").read().decode()
            last = int(re.findall(r"v0/(\d+)\.\d+\.m4s", playlist)[-1])
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(
                worker.get("viewer", f"spaces/demo/hls/v0.m3u8?_HLS_msn={last + 1}").read().decode()))
            waiting.start()
            worker.process.send_signal(signal.SIGTERM)
            waiting.join(DEADLINE_S)
            self.assertTrue(answers and "#EXT-X-ENDLIST" in answers[0])
            _, log = worker.process.communicate(timeout=DEADLINE_S)
            self.assertEqual(worker.process.returncode, ENDED, log)
            events = [json.loads(line)["event"] for line in log.splitlines()]
            self.assertEqual((events[0], events[-2:]), ("started", ["ending", "ended"]))


if __name__ == "__main__":
    unittest.main()
