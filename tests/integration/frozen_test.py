"""Goal: somebody on stage whose machine stands still delays nobody: the others go on hearing and seeing. Who stands still
for a moment is called unstable and stays; who vanishes without a word is gone within 15 s. Method: simulated speakers
as processes of their own, one of them stopped by SIGSTOP or ended by SIGKILL; the other's report says what it was sent
meanwhile."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

from worker import SOURCE, Worker, wait_for

# Opus packets have 20 ms each. Two seconds of joining, leaving and jitter.
SLACK_PACKETS = 100


class Speaker:
    def __init__(self, worker, name, report):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", f"{SOURCE}/scripts/spacecast", "speaker", worker.addresses["stage"],
             "--name", name, "--audio", "tone", "--ice-address", "127.0.0.1", "--report", report],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_connected(self):
        assert self.process.stdout.readline().startswith("connected"), self.process.communicate()

    def end(self):
        self.process.terminate()
        return self.process.communicate(timeout=30)


def stage_of(worker):
    roster = json.load(worker.get("viewer", "spaces/demo/api/stage"))
    return {speaker["name"]: speaker for speaker in roster["speakers"]}


class Frozen(unittest.TestCase):
    def test_a_peer_that_stops_reading_delays_nobody(self):
        with Worker() as worker, tempfile.TemporaryDirectory() as folder:
            worker.wait_ready()
            report = os.path.join(folder, "ada.json")
            ada = Speaker(worker, "Ada", report)
            bob = Speaker(worker, "Bob", os.path.join(folder, "bob.json"))
            try:
                ada.wait_connected()
                bob.wait_connected()

                wait_for("both to be heard", lambda: all(one["audioPackets"] > 50 for one in stage_of(worker).values()))
                self.assertEqual(set(stage_of(worker)), {"Ada", "Bob"})
                bob.process.send_signal(signal.SIGSTOP)
                # Given up for its silence: until then it was sent everything, and read nothing.
                wait_for("Bob to be given up", lambda: "Bob" not in stage_of(worker))
                self.assertEqual(stage_of(worker)["Ada"]["connection"], "connected")
                ada.end()
                with open(report, encoding="utf-8") as file:
                    traffic = json.load(file)
                sent, received = (traffic[way]["audio"]["packets"] for way in ("sent", "received"))
                print(f"sent {sent}, received {received} packets of sound, "
                      f"{traffic['received']['video']['packets']} of the picture", flush=True)
                self.assertGreater(received, sent - SLACK_PACKETS)
                self.assertGreater(traffic["received"]["video"]["packets"], 100)
            finally:
                for speaker in (ada, bob):
                    speaker.process.kill()
                    speaker.process.communicate()

    def test_a_peer_that_wakes_up_stays_and_one_that_vanishes_is_gone(self):
        with Worker() as worker, tempfile.TemporaryDirectory() as folder:
            worker.wait_ready()
            ada = Speaker(worker, "Ada", os.path.join(folder, "ada.json"))
            try:
                ada.wait_connected()
                wait_for("Ada to be heard", lambda: stage_of(worker)["Ada"]["audioPackets"] > 50)

                def connection():
                    return stage_of(worker).get("Ada", {"connection": "gone"})["connection"]

                ada.process.send_signal(signal.SIGSTOP)
                self.assertEqual(wait_for("word that something is wrong",
                                          lambda: connection() != "connected" and connection()), "unstable")
                ada.process.send_signal(signal.SIGCONT)
                wait_for("Ada to be back", lambda: connection() == "connected")
                ada.process.kill()
                wait_for("Ada to be gone", lambda: connection() == "gone", seconds=15)
                self.assertEqual(worker.metric("spacecast_speakers_lost_total"), 1)
            finally:
                ada.process.kill()
                ada.process.communicate()


if __name__ == "__main__":
    unittest.main()
