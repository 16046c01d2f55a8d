"""A WebRTC peer that shares no code with ours: aiortc's ICE, DTLS, SRTP and RTP. Joins a WHIP endpoint with a tone of
silence and a green picture, or watches a WHEP endpoint, and says each second in a line of JSON what came of it.

Usage: /usr/bin/python3 aiortc_peer.py whip|whip-vp8|whep URL (Debian's python3-aiortc is for Debian's own Python).
SPACECAST_PEER_ADDRESS: the only address to gather."""
import asyncio
import json
import logging
import os
import signal
import sys
import urllib.parse
import urllib.request

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

DEADLINE_S = 20


def request(method, url, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    with urllib.request.urlopen(urllib.request.Request(url, body and body.encode(), headers, method=method),
                                timeout=DEADLINE_S) as answer:
        return answer.status, answer.headers, answer.read().decode()


class Peer:
    def __init__(self, what):
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.counts = {"state": "new", "audio": 0, "video": 0, "size": None}
        self.tasks = []
        self.connection.on("connectionstatechange", self.on_state)
        self.connection.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self.take(track))))
        speaks = what != "whep"
        direction = "sendonly" if speaks else "recvonly"
        tracks = (AudioStreamTrack(), VideoStreamTrack()) if speaks else ("audio", "video")
        codec_wanted = "video/VP8" if what == "whip-vp8" else "video/H264"
        for track in tracks:
            transceiver = self.connection.addTransceiver(track, direction=direction)
            if transceiver.kind == "video":
                codecs = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == codec_wanted])

    def on_state(self):
        self.counts["state"] = self.connection.connectionState

    async def take(self, track):
        """Counts what has been decoded."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.counts[track.kind] += 1
            if track.kind == "video":
                self.counts["size"] = [frame.width, frame.height]

    async def run(self, url):
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, ended.set)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = self.connection.localDescription.sdp
        status, headers, answer = await loop.run_in_executor(None, request, "POST", url, offer)
        assert status == 201, status
        session = urllib.parse.urljoin(url, headers["Location"])
        print(json.dumps({"session": session, "etag": headers["ETag"], "offer": offer, "answer": answer}), flush=True)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        while not ended.is_set():
            print(json.dumps(self.counts), flush=True)
            try:
                await asyncio.wait_for(ended.wait(), 0.2)
            except asyncio.TimeoutError:
                pass
        await loop.run_in_executor(None, request, "DELETE", session)
        await self.connection.close()


async def main():
    # aiortc wants to be made where it runs.
    await Peer(sys.argv[1]).run(sys.argv[2])


# aioice leaves out loopback, which may be all there is.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [os.environ.get("SPACECAST_PEER_ADDRESS", "127.0.0.1")]
logging.basicConfig(level=logging.WARNING)
asyncio.run(main())
