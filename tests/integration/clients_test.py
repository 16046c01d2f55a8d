"""Goal: independent implementations get on stage and see the program: Debian's whip-client (GStreamer, libnice, with
trickled candidates) and aiortc (ICE, DTLS and RTP in Python); a session outlives a refused restart of ICE with its media.
Browsers: tests/browser/clients.test.mjs. Method: a network namespace with an address besides loopback's, because libnice
gathers no other; the worker's own count of what it received, and what the monitor decoded."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from session_client import FRAGMENT, RESTART, SDP, ask
from worker import Worker, wait_for

ADDRESS = "10.99.0.1"
WHIP, WHEP = "spaces/demo/whip", "spaces/demo/whep"
AIORTC_PEER = pathlib.Path(__file__).with_name("aiortc_peer.py")
# Debian's whip-client is linked with libsoup 2.4 and libnice with gupnp-igd, which brings libsoup 3: together they abort.
# UPnP is not needed here, so whip-client gets a gupnp-igd that finds no router.
NO_UPNP = """
void *gupnp_simple_igd_thread_new(void) { return 0; }
unsigned long gupnp_simple_igd_get_type(void) { return 0; }
void gupnp_simple_igd_add_port(void) {}
void gupnp_simple_igd_remove_port_local(void) {}
"""
SOUND = ("audiotestsrc is-live=true wave=sine ! audioconvert ! opusenc ! rtpopuspay pt=100 ! "
         "application/x-rtp,media=audio,encoding-name=OPUS,payload=100")
PICTURE = ("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! "
           "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=300 ! "
           "video/x-h264,profile=constrained-baseline ! rtph264pay pt=96 config-interval=-1 ! "
           "application/x-rtp,media=video,encoding-name=H264,payload=96")


def enter():
    """Goes on in a network namespace of its own."""
    if os.environ.get("SPACECAST_CLIENTS_NETWORK"):
        return
    flags = "-n" if os.getuid() == 0 else "-rn"
    os.execvpe("unshare", ["unshare", flags, sys.executable, *sys.argv], {**os.environ, "SPACECAST_CLIENTS_NETWORK": "1"})


def lay_network():
    for words in ("link set lo up", "link add v0 type veth peer name v1", f"addr add {ADDRESS}/24 dev v0",
                  "link set v0 up", "link set v1 up"):
        subprocess.run(["ip", *words.split()], check=True)


class Client:
    """A process whose output goes to a file."""

    def __init__(self, *command, **environment):
        self.log = tempfile.NamedTemporaryFile("w+")
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=self.log, stderr=self.log,
                                        env={**os.environ, **environment})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def text(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def end(self, signal):
        self.process.send_signal(signal)
        self.process.wait(20)

    def lines(self):
        """What it said in JSON, complete lines only."""
        return [json.loads(line) for line in self.text().split("\n")[:-1] if line.startswith("{")]


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.worker = cls.enterClassContext(Worker("--ice-address", ADDRESS))
        cls.worker.wait_ready()

    def url(self, path):
        return self.worker.addresses["viewer"] + path

    def speakers(self):
        return json.load(self.worker.get("viewer", "spaces/demo/api/stage"))["speakers"]

    def wait_media(self, client, audio=100, video=30):
        """The only speaker once so much of it was received."""
        def received():
            self.assertIsNone(client.process.poll(), client.text())
            speakers = self.speakers()
            return speakers if speakers and speakers[0]["audioPackets"] > audio and speakers[0]["videoPackets"] > video else None
        return wait_for("media", received)[0]

    def wait_empty(self):
        wait_for("the stage to be empty", lambda: not self.speakers())

    def aiortc(self, what, path):
        return Client("/usr/bin/python3", str(AIORTC_PEER), what, self.url(path), SPACECAST_PEER_ADDRESS=ADDRESS)

    def test_whip_client(self):
        source = pathlib.Path(self.folder, "no_upnp.c")
        source.write_text(NO_UPNP)
        subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-soname,libgupnp-igd-1.0.so.4", "-o",
                        f"{self.folder}/libgupnp-igd-1.0.so.4", str(source)], check=True)
        # A registry and plugins of its own: ours are linked with libsoup 3 too.
        environment = {"LD_LIBRARY_PATH": self.folder, "GST_PLUGIN_PATH": "", "GST_REGISTRY": f"{self.folder}/registry.bin"}
        with Client("whip-client", "-u", self.url(WHIP), "-A", SOUND, "-V", PICTURE, "-l", "7", "-o", **environment) as client:
            speaker = self.wait_media(client)
            self.assertEqual((speaker["connection"], speaker["camera"]), ("connected", True))
            # Its candidates were trickled and not refused.
            wait_for("its candidates", lambda: "Sending candidates: end-of-candidates" in client.text())
            client.end(2)
            self.wait_empty()  # It sends DELETE.
            self.assertNotRegex(client.text(), r"\[(WARN|ERR)\]")

    def test_aiortc_speaks_and_outlives_a_refused_restart(self):
        with self.aiortc("whip", WHIP) as client:
            before = self.wait_media(client)
            session = client.lines()[0]
            path = urllib.parse.urlsplit(session["session"]).path
            headers = {"Content-Type": FRAGMENT, "If-Match": "*"}
            self.assertEqual(ask(self.worker, "PATCH", path, headers, RESTART).status, 422)
            self.wait_media(client, before["audioPackets"] + 100, before["videoPackets"] + 30)
            client.end(15)
            self.assertEqual(client.process.returncode, 0, client.text())
            self.wait_empty()

    def test_aiortc_speaks_in_vp8_and_is_refused(self):
        with self.aiortc("whip-vp8", WHIP) as client:
            client.process.wait(20)
            self.assertIn("HTTP Error 422", client.text())

    def test_aiortc_watches(self):
        answer = ask(self.worker, "HEAD", "/" + WHEP)
        self.assertEqual((answer.status, answer.get("content-type")), (200, SDP))
        with self.aiortc("whep", WHEP) as client:
            seen = wait_for("the program", lambda: next(
                (counts for counts in client.lines()[1:] if counts["audio"] > 100 and counts["video"] > 60), None))
            self.assertEqual(seen["size"], [1280, 720])
            self.assertEqual(self.worker.metric("spacecast_monitors"), 1)
            self.assertEqual(self.speakers(), [])
            client.end(15)
            self.assertEqual(client.process.returncode, 0, client.text())
        wait_for("no monitor", lambda: self.worker.metric("spacecast_monitors") == 0)

    def test_a_monitor_that_vanishes_is_removed(self):
        lost = self.worker.metric("spacecast_monitors_lost_total")
        with self.aiortc("whep", WHEP) as client:
            wait_for("the program", lambda: any(counts["video"] > 30 for counts in client.lines()[1:]))
            client.end(9)
        wait_for("its end", lambda: self.worker.metric("spacecast_monitors_lost_total") == lost + 1)
        self.assertEqual(self.worker.metric("spacecast_monitors"), 0)


if __name__ == "__main__":
    enter()
    lay_network()
    unittest.main()
