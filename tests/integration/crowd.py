"""Viewers by the thousand, straight at a worker: keep-alive connections that wait, half of them for the next playlist, half
for the next part. tests/bench/crowd.cpp holds them; they come last on this machine, as viewers have machines of their
own."""
import os
import resource
import subprocess

DESCRIPTORS = 8000


def allow_descriptors():
    """For what is started from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))


class Connections:
    """To a port of the loopback address; `enter`: the command that begins in the machine where that is."""

    def __init__(self, port, count, enter=()):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *enter, "nice", "-n", "19", f"{os.environ['SPACECAST_BUILD']}/tests/bench/crowd",
             str(port), str(count), "/spaces/demo/hls/a0/init-1.mp4"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.kill()
        self.process.communicate()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        words = self.process.stdout.readline().split()
        assert words, f"the crowd ended with status {self.process.wait()}"
        return words

    def ask(self, file):
        """On all of them, which then wait."""
        self.say("ask /spaces/demo/hls/" + file)
        self.hear()

    def collect(self):
        """How many have their whole answer, and a good one."""
        self.say("collect")
        return int(self.hear()[1])


class Crowd:
    """`count` viewers of the picture, connected and greeted."""

    def __init__(self, worker, count):
        self.worker, self.count = worker, count
        self.reloads = Connections(worker.port, count // 2)
        self.parts = Connections(worker.port, count // 2)
        for half in (self.reloads, self.parts):
            assert half.hear() == ["ready"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reloads.close()
        self.parts.close()

    def wait_for_part(self):
        """All of them, once; how many had it."""
        segment, part = self.worker.playlist().next_part
        self.reloads.ask(f"v0.m3u8?_HLS_msn={segment}&_HLS_part={part}")
        self.parts.ask(f"v0/{segment}.{part}.m4s")
        return self.reloads.collect() + self.parts.collect()
