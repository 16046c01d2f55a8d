"""A speaker by aiortc, a WebRTC stack that has nothing in common with ours. Offers a tone; the offer, then the pair of
candidates that was chosen, go to standard output as JSON; the answer comes from standard input. Run by Debian's
python3, where aiortc is."""
import asyncio
import json
import sys

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack


def say(**what):
    print(json.dumps(what), flush=True)


async def main(server):
    servers = [RTCIceServer(urls=server["url"], username=server.get("username"), credential=server.get("credential"))] if server else []
    peer = RTCPeerConnection(RTCConfiguration(iceServers=servers))
    peer.addTrack(AudioStreamTrack())
    connected = asyncio.Event()

    @peer.on("connectionstatechange")
    def on_change():
        if peer.connectionState == "connected":
            connected.set()
        elif peer.connectionState == "failed":
            say(failed="connection")
            sys.exit(1)

    try:
        await peer.setLocalDescription(await peer.createOffer())
    except Exception as error:  # aioice tells of a TURN server's refusal in this way.
        say(failed=str(error))
        return
    say(offer=peer.localDescription.sdp)
    loop = asyncio.get_running_loop()
    answer = json.loads(await loop.run_in_executor(None, sys.stdin.readline))["answer"]
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected.wait()
    connection = peer.getSenders()[0].transport.transport._connection
    pair = connection._nominated[1]
    say(connected=True, local=pair.local_candidate.type, remote=pair.remote_candidate.host)
    await loop.run_in_executor(None, sys.stdin.readline)


asyncio.run(main(json.loads(sys.argv[1])))
