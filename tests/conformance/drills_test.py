"""Goal: what must hold when something breaks or ends: a stalled encoder, another encoder, nothing to play yet, the
end with many waiting, a killed worker that is started again.
Method: the checker's recorder plays on while the test stops, kills and starts the processes around the origin."""
import re
import signal
import sys
import tempfile
import threading
import time
import unittest

import servers
from hlscheck import catalogue
from hlscheck.client import Client
from hlscheck.media_parser import parse_media
from hlscheck.playlist import parse_multivariant
from hlscheck.presentation import Presentation
from hlscheck.record import record
from hlscheck.report import table
from hlscheck.rules import judge_all

WAITING = 200
# What players rely on whatever happens to encoders.
ALWAYS = {f"R{n}" for n in (1, 2, 12, 14, 25, 26, 27, 28, 29, 30, 31, 32, 33, 35, 38, 39, 46, 51, 52, 53, 54, 55, 56,
                            58, 59, 60, 61, 62, 65, 66, 67, 68, 70, 71, 75, 99, 100, 101, 102, 103, 114)}
assert catalogue.MODULES


def failures(recording, numbers):
    """Verdicts that failed, of these rules."""
    return [v for v in judge_all(recording) if v.rule.name in numbers and v.failed]


class End(unittest.TestCase):
    """R49, R120: the sources end after 14 s; the process lives on."""

    @classmethod
    def setUpClass(cls):
        picture = servers.PICTURE.replace("is-live=true", "is-live=true num-buffers=420")
        sound = servers.SOUND.replace("is-live=true", "is-live=true num-buffers=656")
        alive = "videotestsrc is-live=true ! video/x-raw,framerate=1/1 ! fakesink"
        cls.crowd = []
        with servers.sink(picture, f"{sound} {alive}") as server:
            server.wait_playable()
            recordings = []
            recorder = threading.Thread(target=lambda: recordings.append(record(server.url, 30)))
            recorder.start()
            waiting = [threading.Thread(target=cls.wait_for_the_end, args=(server.url,)) for _ in range(WAITING)]
            for thread in waiting:
                thread.start()
            for thread in [recorder, *waiting]:
                thread.join()
            cls.recording, = recordings
            queries = ("", "?_HLS_msn=99999", "?_HLS_msn=99999&_HLS_part=3", "?_HLS_skip=YES", "?_HLS_skip=v2")
            with Client() as client:
                cls.after = {r.uri: [client.get("after", r.url + query) for query in queries]
                             for r in Presentation(cls.recording).renditions}

    @classmethod
    def wait_for_the_end(cls, master):
        """Always asks for a segment that is not there yet, until there will be no more."""
        url, msn = master.replace("master", "v0"), 0
        with Client() as client:
            while True:
                answer = client.get("crowd", f"{url}?_HLS_msn={msn}")
                playlist = parse_media(answer.text)
                if answer.status != 200 or playlist.ended:
                    cls.crowd.append(answer)
                    return
                msn = playlist.edge[0] + 1

    def test_every_playlist_ends_without_a_hint(self):
        self.assertEqual(failures(self.recording, {"R49"}), [])
        self.assertIn("R49", {v.rule.name for v in judge_all(self.recording) if v.status == "pass"})

    def test_all_who_wait_are_answered_at_once(self):
        self.assertEqual([a.status for a in self.crowd], [200] * WAITING)
        times = sorted(a.t_last_byte for a in self.crowd)
        # Far below the three target durations of one who is left to wait.
        self.assertLess(times[-1] - times[0], 2)

    def test_directives_are_ignored_afterwards(self):
        for playlist, answers in self.after.items():
            for answer in answers:
                with self.subTest(answer.file):
                    self.assertEqual((answer.status, answer.text), (200, answers[0].text))
                    self.assertLess(answer.t_last_byte - answer.t_request, 1)
            self.assertIn("#EXT-X-ENDLIST", answers[0].text, playlist)


class Encoders(unittest.TestCase):
    """R42, R115, R117, R116: encoders stall, one after the other, and the picture comes from another one."""

    @classmethod
    def setUpClass(cls):
        ports = servers.free_port(), servers.free_port()
        feeders = [servers.feed_video(ports[0]), servers.feed_audio(ports[1])]
        cls.times = {}
        try:
            with servers.fed_sink(*ports) as server:
                server.wait_playable()
                recordings = []
                recorder = threading.Thread(target=lambda: recordings.append(record(server.url, 38)))
                recorder.start()
                # The recorder's crowd and its other probes come first.
                for name, feeder, wait_s, stall_s in (("moment", 0, 8, 1), ("picture", 0, 4, 5), ("sound", 1, 5, 5)):
                    time.sleep(wait_s)
                    cls.stall(name, feeders[feeder], stall_s)
                time.sleep(3)
                feeders[0].kill()
                feeders[0].wait()
                feeders[0] = servers.feed_video(ports[0], 480, 270)
                recorder.join()
                cls.recording, = recordings
        finally:
            for feeder in feeders:
                feeder.kill()
                feeder.wait()
        cls.presentation = Presentation(cls.recording)

    @classmethod
    def stall(cls, name, feeder, seconds):
        feeder.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        time.sleep(seconds)
        feeder.send_signal(signal.SIGCONT)
        cls.times[name] = start, time.monotonic()

    def gaps(self, kind, name):
        """How many GAP parts of the video or the audio were published during a stall, or soon after."""
        start, end = self.times[name]
        found = 0
        for r in self.presentation.played:
            if r.kind == kind:
                found += sum(part.part.gap and start <= r.published[part.key].t_first_byte <= end + 2
                             for part in r.parts)
        return found

    def test_players_rules_hold_all_the_time(self):
        # The element stamps these pictures by their arrival, and parts of unevenly spaced ones may be short (R53).
        failed = failures(self.recording, ALWAYS - {"R53"})
        self.assertEqual(failed, [], "\n" + table(failed))

    def test_a_stall_makes_gaps_where_media_is_missing_and_nowhere_else(self):
        self.assertGreaterEqual(self.gaps("video", "picture"), 8)
        self.assertEqual(self.gaps("audio", "picture"), 0)
        self.assertGreaterEqual(self.gaps("audio", "sound"), 8)
        self.assertEqual(self.gaps("video", "sound"), 0)

    def test_the_playlists_go_on_during_a_stall(self):
        for r in self.presentation.played:
            for name in ("picture", "sound"):
                start, end = self.times[name]
                parts = {key for key, e in r.published.items() if start <= e.t_first_byte <= end}
                # Fifteen parts in five seconds; the origin is patient for some.
                self.assertGreaterEqual(len(parts), 8, f"{r.uri} during the stall of the {name}")

    def test_another_encoder_is_a_discontinuity_with_an_init_section_of_its_own(self):
        for r in self.presentation.renditions:
            changed = [s for s in r.segments.values() if s.discontinuity]
            self.assertEqual(len(changed), 1, r.uri)
            self.assertEqual(changed[0].dsn, 1, r.uri)
        video = self.presentation.video[0]
        sizes = [(i.tracks[0].width, i.tracks[0].height) for i in video.inits.values()]
        self.assertEqual(sizes, [(320, 180), (480, 270)])


def first_answer(client, url):
    """Of a server that has just been started."""
    until = time.monotonic() + servers.DEADLINE_S
    while (answer := client.get("start", url)).status == 0:
        assert time.monotonic() < until, answer.reason
        time.sleep(0.02)
    return answer


class Start(unittest.TestCase):
    def test_nothing_to_play_is_503_after_three_target_durations(self):
        """R82, before the first part: nobody feeds the element."""
        with servers.fed_sink(servers.free_port(), servers.free_port()) as server, Client() as client:
            answer = first_answer(client, server.url)
        self.assertEqual(answer.status, 503)
        self.assertGreaterEqual(answer.t_headers - answer.t_request, 5.5)
        self.assertTrue(answer.header("Retry-After"))
        self.assertIn("no-store", answer.header("Cache-Control"))

    def test_who_joins_early_waits_for_enough_to_play(self):
        """R121: the first answer of each playlist already lists two segments."""
        with servers.sink() as server, Client() as client:
            base = server.url.rpartition("/")[0]
            # A name that cannot be known yet may not be there.
            answers = [first_answer(client, f"{base}/v0.m3u8")]
            self.assertIn(answers[0].status, (200, 404))
            master = client.get("start", server.url)
            self.assertEqual(master.status, 200)
            for uri in parse_multivariant(master.text).playlists:
                answers.append(client.get("start", f"{base}/{uri}"))
                self.assertEqual(answers[-1].status, 200)
        for answer in answers:
            if answer.status == 200:
                self.assertGreaterEqual(len(parse_media(answer.text).segments), 2, answer.file)


class Restart(unittest.TestCase):
    """R118, R116: the worker is killed and started again in the same archive."""

    def test_a_killed_worker_goes_on_where_it_was(self):
        port = servers.free_port()
        with tempfile.TemporaryDirectory() as archive:
            arguments = ("--archive", archive)
            with servers.space(*arguments, listen=f"127.0.0.1:{port}") as first:
                first.wait_playable()
                before = record(first.url, 12)
                first.process.kill()
                killed = time.monotonic()
                first.process.wait()
            with servers.space(*arguments, listen=f"127.0.0.1:{port}") as second:
                second.wait_playable()
                after = record(second.url, 16)
        old, new = Presentation(before), Presentation(after)
        self.assertEqual([r.uri for r in old.renditions], [r.uri for r in new.renditions])
        for a, b in zip(old.renditions, new.renditions):
            with self.subTest(a.uri):
                self.goes_on(a, b)
        first_new = min(b.published[(segment.msn, 0)].t_first_byte for b in new.played
                        for segment in b.segments.values() if segment.discontinuity and segment.parts)
        print(f"from the kill to the next part: {first_new - killed:.2f} s", file=sys.stderr)
        failed = failures(after, ALWAYS)
        self.assertEqual(failed, [], "\n" + table(failed))

    def goes_on(self, before, after):
        old, new = before.snapshots[-1].playlist, after.snapshots[0].playlist
        self.assertGreaterEqual(new.edge, old.edge)
        self.assertEqual(new.media_sequence, old.media_sequence)
        # What was complete is still there, as it was.
        known = {s.msn: (s.uri, s.duration_text, s.map, s.dsn, s.date_text) for s in old.complete}
        for segment in new.complete:
            if segment.msn in known:
                self.assertEqual((segment.uri, segment.duration_text, segment.map, segment.dsn, segment.date_text),
                                 known[segment.msn])
        changed = [s for s in after.segments.values() if s.discontinuity]
        self.assertEqual(len(changed), 1)
        self.assertGreaterEqual(changed[0].msn, old.edge[0])
        self.assertEqual(changed[0].dsn, before.segments[old.edge[0]].dsn + 1)
        self.assertNotEqual(changed[0].map, before.segments[old.edge[0]].map)
        self.assertTrue(re.search(r"init-\d+\.mp4$", changed[0].map))


if __name__ == "__main__":
    unittest.main()
