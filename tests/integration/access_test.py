"""Goal: who may do what: join tokens with each fault that one can have, roles, what hosts do, removal, the end by a host.
Method: a real worker; tokens by `spacecast token` and by hand (RFC 7519); offers of peers that never connect."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

from offers import AUDIO, VIDEO, join, offer, section
from session_client import SDP, Endpoint, ask
from worker import BAD_USAGE, DEADLINE_S, ENDED, SOURCE, Worker, refused, wait_for

KEY = "0123456789abcdef0123456789abcdef0123"
STAGE, WHIP, WHEP = (f"/spaces/demo/{name}" for name in ("stage", "whip", "whep"))
SPEAKERS, LAYOUT, ROSTER, EVENTS = (f"/spaces/demo/api/{name}" for name in ("speakers", "layout", "stage", "events"))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(key=KEY, header=None, without=(), **claims):
    """Signed with HMAC-SHA256 whatever the header says; each has an id of its own."""
    body = {"space": "demo", "role": "speaker", "name": "Ada", "jti": os.urandom(8).hex(), "exp": time.time() + 600,
            **claims}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (
        header or {"alg": "HS256", "typ": "JWT"}, {name: body[name] for name in body if name not in without}))
    return text + "." + base64url(hmac.digest(key.encode(), text.encode(), hashlib.sha256))


def made(file, **options):
    """What `spacecast token` prints, its status and its complaint."""
    done = subprocess.run([f"{SOURCE}/scripts/spacecast", "token", "--space", "demo", "--secret-file", file,
                           *(text for name, value in options.items() for text in (f"--{name}", value))],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    return done.returncode, done.stdout.strip(), done.stderr


def bearer(credential):
    return {"Authorization": f"Bearer {credential}"}


def secret_of(session):
    return session.get("location").rsplit("/", 1)[1]


def written(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(text)
    return path


class Access(Endpoint):
    """Somebody's requests: `who` is a join token or a session's secret."""
    OPTIONS = []

    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.worker = cls.enterClassContext(Worker(*cls.OPTIONS, access=cls.access()))
        cls.worker.wait_ready()

    @classmethod
    def access(cls):
        return "--secret-file", written(cls.directory, "key", KEY + "\n")

    def post(self, who, path=STAGE, sdp=None):
        headers = {"Content-Type": SDP, **(bearer(who) if who else {})}
        return self.ask("POST", path, headers, sdp or offer("recvonly" if path == WHEP else "sendonly"))

    def join(self, who, path=STAGE, sdp=None):
        answer = self.post(who, path, sdp)
        self.assertEqual(answer.status, 201, answer.body)
        self.joined.append(answer.get("location"))
        return answer

    def change(self, who, of, **what):
        return self.ask("PATCH", f"{SPEAKERS}/{of.get('spacecast-speaker')}", bearer(who), json.dumps(what))

    def remove(self, who, whom):
        return self.ask("DELETE", f"{SPEAKERS}/{whom.get('spacecast-speaker')}", bearer(who))

    def roster(self):
        return json.loads(self.ask("GET", ROSTER).body)

    def entry(self, of):
        found = [entry for entry in self.roster()["speakers"] if entry["id"] == of.get("spacecast-speaker")]
        return found[0] if found else None

    def forbidden(self, answer, *words):
        self.refused(answer, 403, *words)
        self.assertIn('error="insufficient_scope"', answer.get("www-authenticate"))


class Tokens(Access):
    def test_each_fault_has_its_status_and_says_what_is_wrong(self):
        good = token()
        head, claims, signature = good.split(".")
        altered = base64url(base64.urlsafe_b64decode(claims + "==").replace(b'"speaker"', b'"host"'))
        none = base64url(b'{"alg":"none"}')
        # No token at all: what is wanted, and no error (RFC 6750, 3.1).
        for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": good}):
            answer = self.ask("POST", STAGE, {"Content-Type": SDP, **headers}, offer())
            self.refused(answer, 401, "join token")
            self.assertEqual(answer.get("www-authenticate"), "Bearer")
        for fault, (status, word, worth_nothing) in {
            "expired": (401, "expired", token(exp=time.time() - 60)),
            "not yet valid": (401, "not valid yet", token(nbf=time.time() + 60)),
            "altered": (401, "altered", f"{head}.{altered}.{signature}"),
            "cut off": (401, "altered", good[:-3]),
            "alg: none": (401, "algorithm", f"{none}.{claims}.{signature}"),
            "alg: none, unsigned": (401, "three parts", f"{none}.{claims}."),
            "another algorithm": (401, "algorithm", token(header={"alg": "HS512"})),
            "another key": (401, "another key", token(key="x" * 36)),
            "no token": (401, "three parts", "x.y"),
            "too long": (401, "4096", token(sub="x" * 5000)),
            "for somebody else": (401, "aud", token(aud="another service")),
            "no end": (401, "exp", token(without=["exp"])),
            "no Space": (401, "space", token(without=["space"])),
            "no name": (401, "name", token(without=["name"])),
            "no id": (401, "jti", token(without=["jti"])),
            "no such role": (401, "role", token(role="king")),
            "another Space": (403, "another Space", token(space="other", role="host")),
        }.items():
            for method, path, body in (("POST", STAGE, offer()), ("POST", WHIP, offer()),
                                       ("POST", WHEP, offer("recvonly")), ("DELETE", ROSTER, None),
                                       ("PATCH", LAYOUT, '{"layout":"gallery"}')):
                with self.subTest(fault, path=path):
                    answer = self.ask(method, path, {"Content-Type": SDP, **bearer(worth_nothing)}, body)
                    self.refused(answer, status, word)
                    error = "invalid_token" if status == 401 else "insufficient_scope"
                    challenge = answer.get("www-authenticate")
                    self.assertTrue(challenge.startswith(f'Bearer error="{error}", error_description="'), challenge)
                    self.assertIn(word, challenge)
        self.assertEqual(self.roster()["speakers"], [])
        self.assertEqual(self.roster()["layout"], "speaker")

    def test_a_token_says_who_one_is(self):
        code, ada, errors = made(self.access()[1], role="cohost", name="Ada L", ttl="90s")
        self.assertEqual(code, 0, errors)
        session = self.join(ada, STAGE + "?name=Mallory&role=host")
        entry = self.entry(session)
        self.assertEqual((entry["name"], entry["role"]), ("Ada L", "cohost"))
        encoder = self.join(token(name="OBS"), WHIP)
        self.assertEqual(self.entry(encoder)["role"], "speaker")
        self.assertEqual(self.ask("DELETE", self.join(token(), WHEP).get("location")).status, 200)
        about = json.loads(self.ask("GET", "/api/space").body)
        self.assertEqual(about["open"], False)

    def test_one_token_does_not_fill_a_stage(self):
        ada, bob = token(), token(name="Bob")
        first, _ = self.join(ada), self.join(ada)
        self.refused(self.post(ada), 409, "2 times")
        self.join(bob)
        self.assertEqual(self.ask("DELETE", first.get("location")).status, 200)
        self.join(ada)

    def test_speakers_say_of_themselves_what_hosts_do_not(self):
        screen = join(section(AUDIO, 0, "sendrecv"), section(VIDEO, 1, "sendrecv", extra=["a=ssrc:1 cname:x"]),
                      section(VIDEO, 2, "sendonly", extra=["a=ssrc:2 cname:x"]))
        ada, bob = self.join(token(), sdp=screen), self.join(token())
        own = secret_of(ada)
        self.assertEqual(self.change(own, ada, hand=True, screen=True, muted=True, camera=False).status, 204)
        entry = self.entry(ada)
        self.assertEqual([entry[name] for name in ("hand", "screen", "muted", "camera")], [True, True, True, False])
        self.refused(self.change(secret_of(bob), bob, screen=True), 409, "second video")
        for change in ({"muted": True}, {"pinned": True}, {"name": "x"}, {"hand": False}):
            self.forbidden(self.change(own, bob, **change))
        for change in ({"pinned": True}, {"name": "x"}):
            self.forbidden(self.change(own, ada, **change))
        self.forbidden(self.remove(own, bob))
        self.forbidden(self.remove(token(), bob))
        self.forbidden(self.ask("PATCH", LAYOUT, bearer(own), '{"layout":"gallery"}'))
        self.forbidden(self.ask("DELETE", ROSTER, bearer(own)))
        self.refused(self.change("A" * 22, ada, muted=True), 401)
        self.refused(self.change(own, ada, volume=1), 400, "unknown key")

    def test_hosts_manage_the_stage(self):
        host, cohost, ada = (self.join(token(role=role)) for role in ("host", "cohost", "speaker"))
        # Whoever manages need not be on stage.
        for by in (secret_of(host), secret_of(cohost), token(role="host"), token(role="cohost")):
            self.assertEqual(self.change(secret_of(ada), ada, muted=False).status, 204)
            self.assertEqual(self.change(by, ada, muted=True, pinned=True, name="Countess").status, 204)
            entry = self.entry(ada)
            self.assertEqual([entry[name] for name in ("muted", "pinned", "name")], [True, True, "Countess"])
            self.forbidden(self.change(by, ada, muted=False), "unmute")
            self.forbidden(self.change(by, ada, camera=False))
            # One pin at a time.
            self.assertEqual(self.change(by, host, pinned=True).status, 204)
            self.assertEqual((self.entry(ada)["pinned"], self.entry(host)["pinned"]), (False, True))
            self.assertEqual(self.change(by, host, pinned=False).status, 204)
            self.assertFalse(self.entry(host)["pinned"])
            for layout in ("gallery", "speaker"):
                answer = self.ask("PATCH", LAYOUT, bearer(by), json.dumps({"layout": layout}))
                self.assertEqual(answer.status, 204)
                self.assertEqual(self.roster()["layout"], layout)
            self.refused(self.ask("PATCH", LAYOUT, bearer(by), '{"layout":"grid"}'), 400, "gallery")
            self.refused(self.ask("DELETE", SPEAKERS + "/nobody", bearer(by)), 404)
        for by in (secret_of(cohost), token(role="cohost")):
            self.forbidden(self.change(by, host, muted=True), "only a host")
            self.forbidden(self.change(by, host, name="x"), "only a host")
            self.forbidden(self.remove(by, host), "only a host")
            self.forbidden(self.ask("DELETE", ROSTER, bearer(by)), "only a host")
        self.assertEqual(self.remove(secret_of(host), cohost).status, 200)
        self.assertIsNone(self.entry(cohost))

    def test_a_removed_persons_token_is_worth_nothing(self):
        bobs = token(role="cohost", name="Bob")
        bob, again, ada = self.join(bobs), self.join(bobs), self.join(token())
        watching, other = (self.join(whose, WHEP) for whose in (bobs, token()))
        listener = http.client.HTTPConnection("127.0.0.1", self.worker.port, timeout=DEADLINE_S)
        self.addCleanup(listener.close)
        listener.request("GET", EVENTS)
        events = listener.getresponse()
        self.assertEqual(self.remove(token(role="host"), bob).status, 200)
        for line in events:
            if line == b"event: removed\n":
                break
        self.assertIn(bob.get("spacecast-speaker"), next(events).decode())
        self.assertEqual([entry["id"] for entry in self.roster()["speakers"]], [ada.get("spacecast-speaker")])
        for gone in (again, watching):
            self.assertEqual(self.ask("GET", gone.get("location")).status, 404)
        self.assertEqual(self.ask("GET", other.get("location")).status, 204)
        for path in (STAGE, WHIP, WHEP):
            self.forbidden(self.post(bobs, path), "removed")
        self.forbidden(self.remove(bobs, ada), "removed")
        self.refused(self.remove(secret_of(bob), ada), 401)
        # Who leaves may come back.
        adas = token(name="Ada")
        self.assertEqual(self.ask("DELETE", self.join(adas).get("location")).status, 200)
        self.join(adas)
        self.join(token(name="Bob"))


class Es256(Access):
    OPTIONS = ["--stage-size", 2, "--token-algorithm", "ES256"]

    @classmethod
    def access(cls):
        cls.private, cls.public = (os.path.join(cls.directory, name) for name in ("private.pem", "public.pem"))
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", cls.private], check=True)
        subprocess.run(["openssl", "pkey", "-in", cls.private, "-pubout", "-out", cls.public], check=True)
        return "--secret-file", cls.public

    def token(self, **options):
        code, text, errors = made(self.private, **{"role": "speaker", "name": "Ada", **options})
        self.assertEqual(code, 0, errors)
        return text

    def test_the_worker_needs_the_public_key_only(self):
        self.assertEqual(self.entry(self.join(self.token(name="Grace")))["name"], "Grace")
        code, _, errors = made(self.public, role="host", name="Eve")
        self.assertEqual((code, errors.count("\n")), (BAD_USAGE, 1))
        with open(self.public) as file:
            public = file.read()
        for key in (public, public.strip()):
            self.refused(self.post(token(key=key, role="host")), 401, "algorithm", "ES256")
        head, claims, signature = self.token().split(".")
        self.refused(self.post(".".join((head, claims, base64url(bytes(64))))), 401, "altered")

    def test_a_full_stage_says_so_and_when_to_come_back(self):
        self.join(self.token())
        self.join(self.token())
        answer = self.post(self.token())
        self.refused(answer, 503, "all 2 places")
        self.assertRegex(answer.get("retry-after"), r"^\d+$")
        self.assertEqual(json.loads(self.ask("GET", "/api/space").body)["maxSpeakers"], 2)


class Open(Access):
    @classmethod
    def access(cls):
        return ("--open",)

    def test_one_is_what_one_says(self):
        ada, host = self.join(None, STAGE + "?name=Ada"), self.join(None, STAGE + "?role=host")
        self.assertEqual([self.entry(of)["role"] for of in (ada, host)], ["speaker", "host"])
        self.refused(self.post(None, STAGE + "?role=king"), 400, "cohost")
        self.refused(self.remove(token(role="host"), ada), 401, "no join tokens")
        self.assertEqual(self.remove(secret_of(host), ada).status, 200)
        self.assertIsNone(self.entry(ada))


class TheEnd(unittest.TestCase):
    def test_a_host_ends_the_space_in_order(self):
        with tempfile.TemporaryDirectory() as directory:
            key = written(directory, "key", KEY)
            with Worker("--dvr", 0, access=("--secret-file", key)) as worker:
                worker.wait_ready()
                joined = ask(worker, "POST", STAGE, {"Content-Type": SDP, **bearer(token(role="host"))}, offer())
                last = worker.playlist().numbers[-1]
                playlists = []
                waiting = threading.Thread(
                    target=lambda: playlists.append(worker.hls(f"v0.m3u8?_HLS_msn={last + 2}").decode()))
                waiting.start()
                wait_for("it to wait", lambda: worker.metric("spacecast_origin_parked_total") >= 1)
                answer = ask(worker, "DELETE", ROSTER, bearer(secret_of(joined)))
                self.assertEqual(answer.status, 202, answer.body)
                waiting.join(DEADLINE_S)
                self.assertIn("#EXT-X-ENDLIST", playlists[0])
                _, log = worker.process.communicate(timeout=DEADLINE_S)
                self.assertEqual(worker.process.returncode, ENDED, log)
                self.assertIn("a host", log)


class Start(unittest.TestCase):
    def check(self, words, *arguments):
        code, errors = refused("--space", "demo", *arguments)
        self.assertEqual((code, errors.count("\n")), (BAD_USAGE, 1), errors)
        for word in words:
            self.assertIn(word, errors)

    def test_a_space_is_open_or_has_a_key(self):
        with tempfile.TemporaryDirectory() as directory:
            key, short = written(directory, "key", KEY), written(directory, "short", "x" * 31)
            self.check(["--secret-file", "--open"])
            self.check(["--secret-file", "--open"], "--open", "--secret-file", key)
            self.check([short, "32"], "--secret-file", short)
            self.check(["nowhere"], "--secret-file", directory + "/nowhere")
            self.check(["HS256", "ES256"], "--secret-file", key, "--token-algorithm", "ES256")
            self.check(["--token-algorithm"], "--secret-file", key, "--token-algorithm", "none")
            for size in ("0", "14", "many"):
                self.check(["--stage-size", size], "--open", "--stage-size", size)
            # With tokens it may listen on any address.
            with Worker("--listen", "0.0.0.0:0", access=("--secret-file", key)) as worker:
                self.assertEqual(ask(worker, "POST", STAGE, {"Content-Type": SDP}, offer()).status, 401)

    def test_tokens_are_not_made_of_nonsense(self):
        with tempfile.TemporaryDirectory() as directory:
            key = written(directory, "key", KEY)
            good = {"role": "host", "name": "Ada"}
            for word, options in (("king", {"role": "king"}), ("name", {"name": ""}), ("--ttl", {"ttl": "1y"}),
                                  ("--ttl", {"ttl": "0"}), ("--ttl", {"ttl": "366d"}), ("ES256", {"algorithm": "ES256"}),
                                  ("--algorithm", {"algorithm": "none"}), ("space", {"space": "a/b"})):
                code, out, errors = made(key, **{**good, **options})
                self.assertEqual((code, out, errors.count("\n")), (BAD_USAGE, "", 1), options)
                self.assertIn(word, errors)


if __name__ == "__main__":
    unittest.main()
