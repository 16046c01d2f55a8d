"""SDP offers, written by hand: well-formed ones of peers that will never connect, and what can be wrong with them."""

UFRAG, PASSWORD = "EsAw", "bP+XJMM09aR8AiX1jdukzR6Y"
FINGERPRINT = ":".join(["DA"] * 32)
AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]
VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 102", "a=rtpmap:102 H264/90000", "a=rtcp-fb:102 nack pli",
         "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]
CANDIDATE = "candidate:1387637174 1 udp 2122260223 127.0.0.1 61764 typ host generation 0 ufrag EsAw network-id 1"


def section(lines, mid, direction, stream="stream", extra=()):
    return [lines[0], "c=IN IP4 0.0.0.0", f"a=mid:{mid}", f"a=ice-ufrag:{UFRAG}", f"a=ice-pwd:{PASSWORD}",
            f"a=fingerprint:sha-256 {FINGERPRINT}", "a=setup:actpass", f"a={direction}", f"a=msid:{stream} track{mid}",
            "a=rtcp-mux", "a=rtcp-mux-only", *lines[1:], *extra]


def join(*sections, bundle=None):
    mids = [line[6:] for lines in sections for line in lines if line.startswith("a=mid:")] if bundle is None else bundle
    head = ["v=0", "o=- 5228595038118931041 2 IN IP4 127.0.0.1", "s=-", "t=0 0",
            *(["a=group:BUNDLE " + " ".join(mids)] if mids else [])]
    return "".join(line + "\r\n" for lines in (head, *sections) for line in lines)


def offer(direction="sendonly", video=True, stream="stream"):
    """One audio section, and one video section if there is to be one."""
    sections = [section(AUDIO, 0, direction, stream)]
    if video:
        sections.append(section(VIDEO, 1, direction, stream))
    return join(*sections)


def directions(answer):
    return [line[2:] for line in answer.split("\r\n") if line[2:] in ("sendrecv", "sendonly", "recvonly", "inactive")]


def sections(answer):
    """The text of each section, without what stands before the first."""
    return ["m=" + text for text in answer.split("\r\nm=")[1:]]
