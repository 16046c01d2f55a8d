"""Starts what is checked: the element in a gst-launch-1.0 line, or a whole Space. For tests."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

BUILD = os.environ.get("SPACECAST_BUILD", "build")
SOURCE = os.environ.get("SPACECAST_SOURCE", ".")
DEADLINE_S = 60
PICTURE = ("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1"
           " ! x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max=30 bitrate=300"
           " ! video/x-h264,profile=constrained-baseline ! sink.video_0")
SOUND = ("audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=2"
         " ! avenc_aac bitrate=96000 ! aacparse ! sink.audio_0")


class Server:
    """A process that serves a presentation; ended with the `with` block."""

    def __init__(self, arguments: list[str], url: str = "") -> None:
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = url

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.communicate()

    def wait_playable(self) -> "Server":
        """Until the multivariant playlist is served; it is, once there is enough to play."""
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}")
            try:
                with urllib.request.urlopen(self.url, timeout=DEADLINE_S) as answer:
                    answer.read()
                    return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise AssertionError("nothing to play in time")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def sink(picture: str = PICTURE, sound: str = SOUND, properties: str = "") -> Server:
    """The element by itself."""
    port = free_port()
    line = f"llhlssink name=sink http-port={port} audio-encoder-delay=1024 {properties} {picture} {sound}"
    return Server(["gst-launch-1.0", "-q", "-e", *line.split()], f"http://127.0.0.1:{port}/master.m3u8")


def has_option(option: str) -> bool:
    """Whether `spacecast run` knows that option."""
    text = subprocess.run([f"{SOURCE}/scripts/spacecast", "run", "--help"], capture_output=True, text=True).stdout
    return option in text


def space(*arguments: str, listen: str = "127.0.0.1:0") -> Server:
    """A Space of its own, with nobody on stage."""
    server = Server([f"{SOURCE}/scripts/spacecast", "run", "--space", "check", "--open", "--listen", listen,
                     "--admin", "127.0.0.1:0", "--ice-address", "127.0.0.1", *arguments])
    assert server.process.stdout is not None
    for line in iter(server.process.stdout.readline, ""):
        name, _, address = line.strip().partition(" ")
        if name == "viewer":
            server.url = f"{address}spaces/check/hls/master.m3u8"
            return server
    raise AssertionError("the Space did not start")


def feed_video(port: int, width: int = 320, height: int = 180) -> subprocess.Popen[bytes]:
    """An encoder in a process of its own, sending RTP: it can be stopped and killed without the origin. What is late
    after a stop is dropped, as a camera's frames would be."""
    return _feed(f"videotestsrc is-live=true ! video/x-raw,width={width},height={height},framerate=30/1"
                 " ! x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max=30 bitrate=300"
                 " ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 pt=96", port)


def feed_audio(port: int) -> subprocess.Popen[bytes]:
    return _feed("audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2"
                 " ! audioconvert ! rtpL16pay pt=97", port)


def _feed(source: str, port: int) -> subprocess.Popen[bytes]:
    line = f"{source} ! udpsink host=127.0.0.1 port={port} sync=true max-lateness=100000000"
    return subprocess.Popen(["gst-launch-1.0", "-q", *line.split()], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def fed_sink(video_port: int, audio_port: int) -> Server:
    """The element, with its picture and its sound from feed_video() and feed_audio()."""
    return sink(f"udpsrc port={video_port} caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264"
                " ! rtph264depay ! h264parse ! sink.video_0",
                f"udpsrc port={audio_port} caps=application/x-rtp,media=audio,clock-rate=48000,encoding-name=L16,"
                "channels=2,payload=97 ! rtpL16depay ! audioconvert ! audiorate tolerance=40000000"
                " ! avenc_aac bitrate=96000 ! aacparse ! sink.audio_0")
