"""Goal: `spacecast run` starts, says where, tells an operator what is wrong in one line, and ends in order.
Method: the program itself on ports that the system picks; what it prints, answers and exits with."""
import json
import re
import signal
import socket
import tempfile
import threading
import unittest

from worker import BAD_USAGE, DEADLINE_S, ENDED, FAULT, Worker, refused


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
        self.check(["--space"], "--open")

    def test_environment_is_checked_like_the_command_line(self):
        self.check(["--drain", "soon"], "--space", "a", "--open", SPACECAST_DRAIN="soon")

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
            self.assertEqual(roster, {"space": "demo", "state": "live", "onAir": None, "speakers": []})
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
