"""Goal: a worker that stands still for a while goes on, with playlists that a player accepts. Method: SIGSTOP and
SIGCONT; a client follows both media playlists all the time and compares each with the one before."""
import signal
import threading
import time
import unittest

from worker import Playlist, Worker, get_patiently, wait_for

STALLS_S = (1, 4, 20)


class Follower:
    """Reloads a playlist as a player does and checks what may never change (RFC 8216bis 6.2.1)."""

    def __init__(self, worker, name):
        self.url = worker.addresses["viewer"] + f"spaces/demo/hls/{name}.m3u8"
        self.last = Playlist(get_patiently(self.url).decode())
        self.faults = []
        self.gaps = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def follow(self):
        while not self.over.is_set():
            segment, part = self.last.next_part
            self.compare(Playlist(get_patiently(f"{self.url}?_HLS_msn={segment}&_HLS_part={part}").decode()))

    def compare(self, now):
        then = self.last
        durations = now.durations
        for number, duration in then.durations.items():
            if number in durations and durations[number] != duration:
                self.faults.append(f"segment {number} was {duration} s, then {durations[number]} s")
        if now.sequence < then.sequence or now.discontinuity_sequence < then.discontinuity_sequence:
            self.faults.append("a sequence number went back")
        if now.numbers != list(range(now.sequence, now.sequence + len(now.numbers))):
            self.faults.append(f"segments {now.numbers} after media sequence {now.sequence}")
        target = int(now.tag("EXT-X-TARGETDURATION"))
        if any(int(duration + 0.5) > target for duration in durations.values()):
            self.faults.append(f"longer than the target duration: {durations}")
        if now.ended:
            self.faults.append("it ended")
        self.gaps = max(self.gaps, now.gaps)
        self.last = now

    def stop(self):
        self.over.set()
        self.thread.join()


class Stall(unittest.TestCase):
    def test_a_space_goes_on_after_its_worker_stood_still(self):
        with Worker() as worker:
            worker.wait_ready()
            followers = {name: Follower(worker, name) for name in ("v0", "a0")}
            try:
                for stall in STALLS_S:
                    with self.subTest(stall_s=stall):
                        before = followers["v0"].last.numbers[-1]
                        worker.process.send_signal(signal.SIGSTOP)
                        time.sleep(stall)
                        worker.process.send_signal(signal.SIGCONT)
                        # Live again, not late by what was missed.
                        wait_for("the live edge", lambda: all(
                            f.last.edge > time.time() - 5 and f.last.numbers[-1] > before + 2
                            for f in followers.values()))
                        for name, follower in followers.items():
                            self.assertEqual(follower.faults, [], name)
                        video, audio = (followers[name].last for name in ("v0", "a0"))
                        self.assertLessEqual(abs(video.numbers[-1] - audio.numbers[-1]), 1)
                        print(f"{stall} s: gaps", followers["v0"].gaps, followers["a0"].gaps, flush=True)
            finally:
                for follower in followers.values():
                    follower.stop()
            self.assertIsNone(worker.process.poll())
            self.assertIn("ended", worker.end())


if __name__ == "__main__":
    unittest.main()
