"""Goal: WHEP (draft-ietf-wish-whep) to the letter; sections are named. Method: as in whip_test.py; the rules of PATCH and
of CORS are the same code there and are only touched here. Clients that receive: clients_test.py."""
import unittest

from offers import AUDIO, CANDIDATE, VIDEO, directions, join, offer, section, sections
from session_client import FRAGMENT, RESTART, SAME_ICE, SDP, Endpoint, ask, post
from worker import Worker, wait_for

WHEP = "/spaces/demo/whep"


class Whep(Endpoint):
    PATH = WHEP

    def join(self, sdp=None, path=None):
        return super().join(offer("recvonly") if sdp is None else sdp, path)

    def test_201_has_the_answer_the_sessions_url_and_its_etag(self):
        """4.3.1"""
        answer = self.join()
        self.assertEqual(answer.get("content-type"), SDP)
        self.assertRegex(answer.get("location"), r"^/spaces/demo/whep/[A-Za-z0-9_-]{22}$")
        self.assertRegex(answer.get("etag"), r'^"[!#-~]+"$')
        self.assertEqual(answer.get("accept-patch"), FRAGMENT)
        self.assertIsNone(answer.get("spacecast-speaker"))
        self.assertEqual(self.worker.metric("spacecast_monitors"), 1)
        self.assertEqual(self.worker.metric("spacecast_speakers"), 0)

    def test_the_answer_only_sends(self):
        """4.3.5; 4.6.1: rtcp-mux-only everywhere; 4.6.2: one MediaStream."""
        for direction in ("recvonly", "sendrecv"):
            answer = self.join(offer(direction)).body
            self.assertEqual(directions(answer), ["sendonly"] * 2, answer)
            streams = {line.split()[0] for line in answer.split("\r\n") if line.startswith("a=msid:")}
            self.assertEqual(len(streams), 1, answer)
            for text in sections(answer):
                self.assertEqual(text.count("a=rtcp-mux-only\r\n"), 1)
                self.assertEqual(text.count("a=msid:"), 1)

    def test_sound_or_picture_alone(self):
        self.assertEqual(directions(self.join(join(section(AUDIO, 0, "recvonly"))).body), ["sendonly"])
        self.assertEqual(directions(self.join(join(section(VIDEO, 0, "recvonly"))).body), ["sendonly"])

    def test_what_cannot_be_answered_is_refused(self):
        """4.3.4, 4.3.5"""
        for direction in ("inactive", "sendonly"):
            self.refused(self.post(offer(direction)), 422, direction)
        self.refused(self.post("junk"), 400)
        self.refused(self.ask("POST", WHEP, {"Content-Type": "text/plain"}, offer("recvonly")), 415, SDP)
        self.refused(self.post(offer("recvonly").replace("H264/90000", "VP8/90000")), 422, "H.264")
        self.refused(self.post(join(section(VIDEO, 0, "recvonly"), section(VIDEO, 1, "recvonly"))), 422, "video")
        self.refused(self.post(offer("recvonly"), "/spaces/other/whep"), 404)

    def test_the_endpoint_is_known_by_head(self):
        """4.1: GET is 2xx without content; 4.2: HEAD is 200 and says application/sdp."""
        for method in ("HEAD", "GET"):
            answer = self.ask(method, WHEP)
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertEqual(answer.get("content-type"), SDP)
            self.assertEqual(answer.get("content-length"), "0")
        self.assertEqual(self.ask("GET", self.join().get("location")).status, 204)

    def test_options(self):
        """4.4: CORS, and Accept-Post."""
        answer = self.ask("OPTIONS", WHEP, {"Origin": "https://x", "Access-Control-Request-Method": "POST"})
        self.assertEqual((answer.status, answer.get("accept-post")), (200, SDP))
        self.assertEqual(answer.get("access-control-allow-origin"), "*")
        for method in ("PUT", "DELETE", "PATCH"):
            answer = self.ask(method, WHEP)
            self.refused(answer, 405)
            self.assertEqual(set(answer.get("allow").split(", ")), {"POST", "GET", "HEAD", "OPTIONS"})

    def test_patch(self):
        """4.5.1 to 4.5.3"""
        session = self.join()
        etag = session.get("etag")
        answer = self.patch(session, SAME_ICE + f"a={CANDIDATE}\r\n", etag)
        self.assertEqual((answer.status, answer.body, answer.get("etag")), (204, "", None))
        self.refused(self.patch(session, SAME_ICE, etag, SDP), 415, FRAGMENT)
        self.refused(self.patch(session, SAME_ICE), 428)
        self.refused(self.patch(session, SAME_ICE, '"other"'), 412)
        self.refused(self.patch(session, "junk", etag), 400)
        self.refused(self.patch(session, RESTART, "*"), 422, "restart")
        self.assertEqual(self.patch(session, SAME_ICE, "*").status, 204)

    def test_delete_ends_the_session_whatever_its_if_match(self):
        """4.4, 4.5.1"""
        session = self.join()
        answer = self.ask("DELETE", session.get("location"), {"If-Match": '"another"'})
        self.assertEqual((answer.status, answer.body), (200, ""))
        self.assertEqual(self.worker.metric("spacecast_monitors"), 0)
        for method in ("DELETE", "GET"):
            self.refused(self.ask(method, session.get("location")), 404)

    def test_sessions_of_stage_and_monitors_are_apart(self):
        secret = self.join().get("location").rpartition("/")[2]
        self.refused(self.ask("DELETE", f"/spaces/demo/stage/{secret}"), 404)
        self.assertEqual(self.ask("GET", f"{WHEP}/{secret}").status, 204)

    def test_a_monitor_that_never_connects_is_removed(self):
        lost = self.worker.metric("spacecast_monitors_lost_total")
        session = self.join()
        wait_for("its end", lambda: self.ask("GET", session.get("location")).status == 404)
        self.assertEqual(self.worker.metric("spacecast_monitors_lost_total"), lost + 1)


class Bounds(unittest.TestCase):
    def test_there_are_so_many_and_they_end_with_the_space(self):
        with Worker("--monitors", 2) as worker:
            worker.wait_ready()
            first = post(worker, offer("recvonly"), WHEP)
            self.assertEqual([first.status, post(worker, offer("recvonly"), WHEP).status], [201, 201])
            full = post(worker, offer("recvonly"), WHEP)
            self.assertEqual(full.status, 503)
            self.assertGreater(int(full.get("retry-after")), 0)
            self.assertIn("2 monitors", full.body)
            self.assertEqual(ask(worker, "DELETE", first.get("location")).status, 200)
            self.assertEqual(post(worker, offer("recvonly"), WHEP).status, 201)
            log = worker.end()
            self.assertEqual(worker.process.returncode, 0, log)
            self.assertEqual(log.count("monitor removed"), 2, log)


if __name__ == "__main__":
    unittest.main()
