"""Goal: WHIP (RFC 9725) to the letter: every status, header and rule that a client may build upon; sections are named.
Method: requests written by hand to a real worker, offers of peers that never connect. Real clients: clients_test.py."""
import re
import socket
import unittest

from offers import AUDIO, CANDIDATE, FINGERPRINT, PASSWORD, VIDEO, directions, join, offer, section, sections
from session_client import FRAGMENT, RESTART, SAME_ICE, SDP, Endpoint, ask, post, post_once
from worker import DEADLINE_S, Worker, wait_for

WHIP, STAGE = "/spaces/demo/whip", "/spaces/demo/stage"


class Whip(Endpoint):
    PATH = WHIP

    # 4.2 Ingest session setup

    def test_201_has_the_answer_the_sessions_url_and_its_etag(self):
        answer = self.join()
        self.assertEqual(answer.get("content-type"), SDP)
        self.assertRegex(answer.get("location"), r"^/spaces/demo/stage/[A-Za-z0-9_-]{22}$")  # 5: 128 random bits
        self.assertRegex(answer.get("etag"), r'^"[!#-~]+"$')  # 4.3.1: strong
        self.assertEqual(answer.get("accept-patch"), FRAGMENT)
        self.assertTrue(answer.get("spacecast-speaker"))
        self.assertNotIn(answer.get("spacecast-speaker"), answer.get("location"))
        other = self.join()
        self.assertNotEqual(answer.get("location"), other.get("location"))
        self.assertNotEqual(answer.get("etag"), other.get("etag"))

    def test_the_answer_only_receives(self):
        for direction in ("sendonly", "sendrecv"):
            for video in (True, False):
                answer = self.join(offer(direction, video)).body
                self.assertEqual(directions(answer), ["recvonly"] * (2 if video else 1), answer)

    def test_a_stage_sends_back_where_the_offer_takes_it(self):
        self.assertEqual(directions(self.join(offer("sendrecv"), STAGE).body), ["sendrecv"] * 2)
        self.assertEqual(directions(self.join(offer("sendonly"), STAGE).body), ["recvonly"] * 2)

    def test_inactive_and_recvonly_are_refused(self):
        for direction in ("inactive", "recvonly"):
            for path in (WHIP, STAGE):
                self.refused(self.post(offer(direction), path), 422, direction)

    def test_the_content_type_is_sdp(self):
        for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/sdpx"}, {}):
            answer = self.ask("POST", WHIP, headers, offer())
            self.refused(answer, 415, SDP)
            self.assertEqual(answer.get("accept-post"), SDP)
        for type_ in ("application/sdp; charset=utf-8", "Application/SDP"):
            answer = post(self.worker, offer(), WHIP, **{"Content-Type": type_})
            self.assertEqual(answer.status, 201)
            self.ask("DELETE", answer.get("location"))

    def test_malformed_offers_are_400(self):
        good = offer()
        for name, sdp in {
            "empty": "", "no SDP": "please let me in", "junk": "\x01\x02\x03", "cut off in a line": good[:-1],
            "cut off before its second section": good[:good.index("m=video")],
            "a mid twice": join(section(AUDIO, 0, "sendonly"), section(VIDEO, 0, "sendonly"), bundle=["0"]),
            "a BUNDLE group that names no section": good.replace("BUNDLE 0 1", "BUNDLE 0 1 2"),
            "no ICE password": good.replace(f"a=ice-pwd:{PASSWORD}\r\n", ""),
            "half a fingerprint": good.replace(FINGERPRINT, FINGERPRINT[:50]),
            "a candidate of junk": good + "a=candidate:junk\r\n",
        }.items():
            with self.subTest(name):
                self.refused(self.post(sdp), 400)

    def test_an_offer_of_more_than_64_kib_is_413_before_it_is_read(self):
        self.refused(self.post(offer() + "a=x:" + "y" * 65536 + "\r\n"), 413, "65536")
        with socket.create_connection(("127.0.0.1", self.worker.port), DEADLINE_S) as client:
            client.sendall(b"POST /spaces/demo/whip HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                           b"Content-Length: 10000000\r\n\r\n")
            self.assertEqual(client.recv(12), b"HTTP/1.1 413")

    def test_unknown_spaces_are_404(self):
        for method, path in (("POST", "/spaces/other/whip"), ("GET", "/spaces/other/whip"),
                             ("OPTIONS", "/spaces/other/whip"), ("DELETE", "/spaces/other/stage/x")):
            self.refused(self.ask(method, path, {"Content-Type": SDP}, offer() if method == "POST" else None), 404)

    # 4.4 WebRTC constraints: what is not supported is refused whole (4.4.3)

    def test_well_formed_offers_of_what_is_not_supported_are_422(self):
        good = offer()
        for name, (sdp, word) in {
            "two audio tracks (4.4.2)": (join(section(AUDIO, 0, "sendonly"), section(AUDIO, 1, "sendonly")), "audio"),
            "two video tracks (4.4.2)": (join(section(AUDIO, 0, "sendonly"), section(VIDEO, 1, "sendonly"),
                                              section(VIDEO, 2, "sendonly")), "video"),
            "two MediaStreams (4.4.2)": (join(section(AUDIO, 0, "sendonly", "one"),
                                              section(VIDEO, 1, "sendonly", "two")), "MediaStream"),
            "no audio": (join(section(VIDEO, 0, "sendonly")), "audio"),
            "no BUNDLE (4.4.1)": (good.replace("a=group:BUNDLE 0 1\r\n", ""), "BUNDLE"),
            "a section outside the BUNDLE (4.4.1)": (good.replace("BUNDLE 0 1", "BUNDLE 0"), "BUNDLE"),
            "no rtcp-mux (4.4.1)": (good.replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
            "a data channel": (good.replace("m=video 9 UDP/TLS/RTP/SAVPF 102", "m=application 9 UDP/DTLS/SCTP 102"),
                               "data channel"),
            "no H.264 (4.4.3)": (good.replace("H264/90000", "VP8/90000"), "H.264"),
            "no Opus (4.4.3)": (good.replace("opus/48000/2", "PCMU/8000"), "Opus"),
            "setup:passive (4.4.4)": (good.replace("a=setup:actpass", "a=setup:passive"), "setup"),
            "no SHA-256": (good.replace("sha-256", "sha-1"), "sha-256"),
        }.items():
            with self.subTest(name):
                self.refused(self.post(sdp), 422, word)

    def test_bundle_and_multiplexing(self):
        """4.4.1: one bundle, with rtcp-mux-only in each of its sections; 4.3.2: all our candidates, and no more."""
        answer = self.join().body
        self.assertRegex(answer, r"(?m)^a=group:BUNDLE 0 1\r$")
        for text in sections(answer):
            for line in ("a=rtcp-mux", "a=rtcp-mux-only"):
                self.assertEqual(text.split("\r\n").count(line), 1, text)
            self.assertNotRegex(text, r"^m=\w+ 0 ", "no section is rejected (4.4.3)")
        self.assertRegex(answer, r"(?m)^a=candidate:\S+ 1 (?i:udp) \d+ 127\.0\.0\.1 \d+ typ host")

    def test_either_dtls_role(self):
        """4.4.4: actpass, and active from clients that are nothing else."""
        for setup, allowed in (("actpass", ("active", "passive")), ("active", ("passive",))):
            answer = self.join(offer().replace("a=setup:actpass", f"a=setup:{setup}")).body
            for text in sections(answer):
                self.assertIn(re.search(r"a=setup:(\w+)", text).group(1), allowed)

    # 4.3 PATCH

    def test_a_trickled_candidate_is_204_without_body_or_etag(self):
        """4.3.2; candidates that are of no use are discarded in silence."""
        session = self.join()
        for candidates in ([CANDIDATE], [CANDIDATE.replace("127.0.0.1", "3a1b2c3d.local")],
                           [CANDIDATE.replace("udp", "tcp") + " tcptype active"], [CANDIDATE.replace("udp", "sctp")],
                           [CANDIDATE.replace("127.0.0.1", "no.such.host.example")], []):
            body = SAME_ICE + "".join(f"a={line}\r\n" for line in candidates) + "a=end-of-candidates\r\n"
            answer = self.patch(session, body, session.get("etag"))
            self.assertEqual((answer.status, answer.body), (204, ""))
            self.assertIsNone(answer.get("etag"))
            self.assertIsNone(answer.get("content-length"))

    def test_how_a_patch_is_refused(self):
        session = self.join()
        etag, other = session.get("etag"), self.join().get("etag")
        answer = self.patch(session, SAME_ICE, etag, SDP)
        self.refused(answer, 415, FRAGMENT)  # 4.3.1
        self.assertEqual(answer.get("accept-patch"), FRAGMENT)  # RFC 5789 2.2
        self.refused(self.patch(session, SAME_ICE), 428, "If-Match")  # 4.3.1, RFC 6585 3
        self.refused(self.patch(session, SAME_ICE, other), 412)  # 4.3.1, RFC 9110 13.1.1
        self.refused(self.patch(session, SAME_ICE, "W/" + etag), 412)
        self.refused(self.patch(session, "junk", etag), 400)  # 4.3.1
        self.refused(self.patch(session, "a=candidate:junk\r\n", etag), 400)
        self.refused(self.patch(session, "a=x:" + "y" * 20000 + "\r\n", etag), 413)
        many = "".join(f"a={CANDIDATE.replace('61764', str(port))}\r\n" for port in range(20000, 20065))
        self.refused(self.patch(session, many, etag), 400, "64")
        self.refused(self.ask("PATCH", STAGE + "/nobody", {"Content-Type": FRAGMENT, "If-Match": etag}, SAME_ICE), 404)
        # None of it has cost the session anything.
        self.assertEqual(self.patch(session, SAME_ICE, etag).status, 204)

    def test_a_restart_of_ice_is_422_and_the_session_lives_on(self):
        """4.3.1: trickling is supported, restarting is not; 4.3.3: the session MUST go on."""
        session = self.join()
        for if_match in ("*", '"*"', session.get("etag")):
            self.refused(self.patch(session, RESTART + f"a={CANDIDATE}\r\n", if_match), 422, "restart")
        self.assertEqual(self.ask("GET", session.get("location")).status, 204)
        self.assertEqual(self.patch(session, SAME_ICE + f"a={CANDIDATE}\r\n", session.get("etag")).status, 204)
        self.assertEqual(self.patch(session, SAME_ICE, "*").status, 204)

    # 4.2 DELETE; 4.1 GET

    def test_delete_ends_the_session_whatever_its_if_match(self):
        """4.3.1: an entity tag is ignored where no ICE session has to match."""
        for headers in ({}, {"If-Match": '"another"'}, {"If-Match": "*"}):
            session = self.join()
            speaker = session.get("spacecast-speaker")
            answer = self.ask("DELETE", session.get("location"), headers)
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertNotIn(speaker, self.ask("GET", "/spaces/demo/api/stage").body)
            for method in ("DELETE", "PATCH", "GET", "HEAD"):
                answer = self.ask(method, session.get("location"), {"Content-Type": FRAGMENT, "If-Match": "*"},
                                  SAME_ICE if method == "PATCH" else None)
                self.assertEqual(answer.status, 404, method)

    def test_get_and_head_are_2xx_without_content(self):
        """4.1; on the session's URL too."""
        for path in (WHIP, STAGE, self.join().get("location")):
            for method in ("GET", "HEAD"):
                answer = self.ask(method, path)
                self.assertEqual((answer.status, answer.body), (204, ""), path)

    def test_other_methods_are_405_and_say_what_is_allowed(self):
        session = self.join().get("location")
        for path, allowed, others in ((WHIP, {"POST", "GET", "HEAD", "OPTIONS"}, ("PUT", "DELETE", "PATCH")),
                                      (session, {"PATCH", "DELETE", "GET", "HEAD", "OPTIONS"}, ("PUT", "POST"))):
            for method in others:
                answer = self.ask(method, path)
                self.refused(answer, 405)
                self.assertEqual(set(answer.get("allow").split(", ")), allowed)
            self.assertEqual(set(self.ask("OPTIONS", path).get("allow").split(", ")), allowed)

    def test_the_session_of_a_peer_that_never_connects_ends(self):
        """4.2: the session ends where its transport is lost; nobody has to say so."""
        session = self.join()
        wait_for("the session to end", lambda: self.ask("GET", session.get("location")).status == 404)

    # 4.2 OPTIONS and CORS (Fetch 3.2)

    def test_options_answers_preflights(self):
        for path, method in ((WHIP, "POST"), (STAGE, "POST"), (STAGE + "/x", "PATCH"), (STAGE + "/x", "DELETE")):
            answer = self.ask("OPTIONS", path, {
                "Origin": "https://elsewhere.example", "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization, content-type, if-match, spacecast-replaces"})
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertEqual(answer.get("access-control-allow-origin"), "*")
            self.assertIn(method, answer.get("access-control-allow-methods").split(", "))
            allowed = {name.lower() for name in answer.get("access-control-allow-headers").split(", ")}
            self.assertLessEqual({"authorization", "content-type", "if-match", "spacecast-replaces"}, allowed)
            self.assertIsNone(answer.get("access-control-allow-credentials"), "there are no cookies")
            if method == "POST":
                self.assertEqual(answer.get("accept-post"), SDP)
            else:
                self.assertEqual(answer.get("accept-patch"), FRAGMENT)

    def test_every_answer_can_be_read_by_pages_of_any_origin(self):
        session = self.join()
        answers = [session, self.patch(session, SAME_ICE, "*"), self.patch(session, SAME_ICE), self.post("junk"),
                   self.ask("PUT", WHIP), self.ask("GET", WHIP), self.ask("GET", "/nothing"), self.ask("OPTIONS", WHIP)]
        for answer in answers:
            self.assertEqual(answer.get("access-control-allow-origin"), "*", answer.status)
            exposed = {name.lower() for name in answer.get("access-control-expose-headers").split(", ")}
            self.assertLessEqual({"location", "etag", "link", "retry-after", "spacecast-speaker"}, exposed)


class Load(Endpoint):
    """4.5, 5: a rate limit, and what the stage has room for."""
    PATH = WHIP

    def test_too_many_are_503_with_retry_after(self):
        full, at_once = [], []
        for _ in range(300):
            answer = post_once(self.worker, offer(video=False), WHIP)
            if answer.status == 201:
                self.joined.append(answer.get("location"))
                continue
            self.refused(answer, 503)
            self.assertGreater(int(answer.get("retry-after")), 0)
            (full if "stage is full" in answer.body else at_once).append(answer)
            if full and at_once:
                break
        self.assertEqual(len(self.joined), 13)
        self.assertTrue(full and at_once, (len(full), len(at_once)))
        self.assertIn("too many join at once", at_once[0].body)
        # Rubbish is told what it is, whatever the load, and takes nobody's place.
        self.refused(self.post("junk"), 400)


class IceServers(unittest.TestCase):
    """4.6: STUN and TURN servers in Link headers, for those who may join and not for a preflight."""

    def test_links(self):
        with Worker("--stun", "stun:stun.example.net", "--turn", "turn:user:pass@turn.example.net?transport=udp") as worker:
            links = ['<stun:stun.example.net>; rel="ice-server"',
                     '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="pass"; '
                     'credential-type="password"']
            for path in (WHIP, STAGE):
                answer = post(worker, offer(), path)
                self.assertEqual(answer.status, 201)
                self.assertEqual(answer.all("link"), links)
                self.assertEqual(ask(worker, "GET", path).all("link"), links)
                self.assertEqual(ask(worker, "OPTIONS", path).all("link"), links)
                preflight = ask(worker, "OPTIONS", path, {"Origin": "https://x", "Access-Control-Request-Method": "POST"})
                self.assertEqual((preflight.status, preflight.all("link")), (200, []))
                self.assertEqual(post(worker, "junk", path).all("link"), [])


if __name__ == "__main__":
    unittest.main()
