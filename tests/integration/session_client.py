"""Requests written by hand to the endpoints that answer offers, and what all of them have in common."""
import http.client
import json
import unittest

from offers import PASSWORD, UFRAG, offer
from worker import DEADLINE_S, Worker, wait_for

SDP, FRAGMENT, PROBLEM = "application/sdp", "application/trickle-ice-sdpfrag", "application/problem+json"
RESTART = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
SAME_ICE = f"a=ice-ufrag:{UFRAG}\r\na=ice-pwd:{PASSWORD}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"


class Answer:
    def __init__(self, response):
        self.status, self.body = response.status, response.read().decode()
        self.fields = [(name.lower(), value) for name, value in response.getheaders()]

    def all(self, name):
        return [value for field, value in self.fields if field == name]

    def get(self, name):
        """The header's value; None where it is missing. Twice is a fault."""
        values = self.all(name)
        assert len(values) <= 1, values
        return values[0] if values else None


def ask(worker, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=DEADLINE_S)
    try:
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def post_once(worker, sdp, path, **headers):
    return ask(worker, "POST", path, {"Content-Type": SDP, **headers}, sdp)


def post(worker, sdp, path, **headers):
    """Comes again where too many have come at once, as a client does."""
    def answer():
        answer = post_once(worker, sdp, path, **headers)
        return None if answer.status == 503 and "at once" in answer.body else answer
    return wait_for("being let in", answer)


class Endpoint(unittest.TestCase):
    """One worker for all tests of a class; who has joined in a test leaves after it."""
    @classmethod
    def setUpClass(cls):
        cls.worker = cls.enterClassContext(Worker())
        cls.worker.wait_ready()

    def setUp(self):
        self.joined = []

    def tearDown(self):
        for location in self.joined:
            ask(self.worker, "DELETE", location)

    def ask(self, *arguments):
        return ask(self.worker, *arguments)

    PATH = None

    def post(self, sdp, path=None):
        return post(self.worker, sdp, path or self.PATH)

    def join(self, sdp=None, path=None):
        answer = self.post(offer() if sdp is None else sdp, path)
        self.assertEqual(answer.status, 201, answer.body)
        self.joined.append(answer.get("location"))
        return answer

    def refused(self, answer, status, *words):
        """RFC 9457: a problem document that says what is wrong; 4.1 allows it."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.get("content-type"), PROBLEM)
        self.assertEqual(answer.get("cache-control"), "no-store")
        document = json.loads(answer.body)
        self.assertEqual(document["status"], status)
        for word in words:
            self.assertIn(word, document["detail"])

    def patch(self, session, body, if_match=None, type_=FRAGMENT):
        headers = {"Content-Type": type_, **({"If-Match": if_match} if if_match else {})}
        return self.ask("PATCH", session.get("location"), headers, body)
