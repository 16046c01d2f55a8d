"""What no player asks: methods, encodings, wrong directives, ranges, crowds. Judged by rules, not here."""
from __future__ import annotations

import itertools
import threading
import time
from typing import Callable, Protocol, Sequence
from urllib.parse import urljoin

from .client import Client
from .media_parser import parse_media
from .playlist import MediaPlaylist

CROWD = 50
WRONG_DIRECTIVES = ("_HLS_msn=abc", "_HLS_msn=-1", "_HLS_msn=1.5", "_HLS_msn=", "_HLS_msn=99999999999999999999999",
                    "_HLS_msn=0x1", "_HLS_msn=1&_HLS_msn=1", "_HLS_msn=1&_HLS_part=-1", "_HLS_msn=1&_HLS_part=x")
POLL_S = 0.05
GZIP = {"Accept-Encoding": "gzip"}


class Followed(Protocol):
    url: str
    playlist: MediaPlaylist | None


def run(client: Client, root: str, followers: Sequence[Followed], until: float) -> None:
    """Simple probes at once; those that need old segments once there are some, and long ones beside them."""
    first = [f for f in followers if _wait(f, lambda p: bool(p.complete), until)]
    main = next((f for f in first if f.playlist and f.playlist.part_target and not f.playlist.iframes_only), None)
    if main is None:
        return
    long_ones = [threading.Thread(target=_msn_ahead, args=(client, main), daemon=True),
                 threading.Thread(target=_tune_in, args=(client, main), daemon=True)]
    for thread in long_ones:
        thread.start()
    _names_and_methods(client, root, first)
    _wrong_directives(client, first)
    _reports(client, first)
    _too_far(client, main)
    _whole_segment(client, main)
    _past_the_end(client, main)
    _encodings(client, root, first)
    _crowd(client, main)
    _permutations(client, main)
    for follower in first:
        _wait(follower, _can_skip, until)
        _deltas(client, follower)
    _old_msn(client, first)
    for thread in long_ones:
        thread.join()


def _wait(follower: Followed, condition: Callable[[MediaPlaylist], bool], until: float) -> bool:
    """Until the newest playlist is like that; False where it never will be or time is up."""
    while time.monotonic() < until:
        if follower.playlist is not None and condition(follower.playlist):
            return True
        if follower.playlist is not None and follower.playlist.ended:
            return False
        time.sleep(POLL_S)
    return False


def _can_skip(playlist: MediaPlaylist) -> bool:
    boundary = playlist.number("EXT-X-SERVER-CONTROL", "CAN-SKIP-UNTIL")
    complete = sum(segment.length for segment in playlist.complete)
    return boundary is not None and complete > float(boundary) + 2 * playlist.target


def _playlist(follower: Followed) -> MediaPlaylist:
    assert follower.playlist is not None
    return follower.playlist


def _next(follower: Followed) -> str:
    """The directives for what comes next."""
    playlist = _playlist(follower)
    msn, part = playlist.next
    if playlist.iframes_only or playlist.part_target is None:
        return f"_HLS_msn={playlist.edge[0] + 1}"
    return f"_HLS_msn={msn}&_HLS_part={part}"


def _names_and_methods(client: Client, root: str, followers: Sequence[Followed]) -> None:
    for method in ("PUT", "DELETE", "POST"):
        client.get("probe:method", followers[0].url, method=method)
    client.get("probe:options", followers[0].url, {
        "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}, method="OPTIONS")
    client.get("probe:unknown", urljoin(root, "nowhere.m3u8"))
    client.get("probe:head", root, method="HEAD")
    for follower in followers:
        playlist = _playlist(follower)
        client.get("probe:head", follower.url, method="HEAD")
        client.get("probe:unknown-directive", follower.url + "?_HLS_next=1&_HLS_x")
        segment = playlist.complete[-1]
        if segment.map:
            client.get("probe:head", urljoin(follower.url, segment.map), method="HEAD")
        if segment.gap:
            continue
        url = urljoin(follower.url, segment.uri)
        folder, suffix = url.rpartition("/")[0], ".m4s"
        client.get("probe:head", url, method="HEAD")
        for name in (f"{segment.msn + 1000}{suffix}", f"{segment.msn + 1000}.0{suffix}", f"{segment.msn}.99{suffix}",
                     f"no-such-part{suffix}", "init-99.mp4", f"0{segment.msn}{suffix}"):
            client.get("probe:unknown", f"{folder}/{name}")
        for value in ("bytes=0-99", "bytes=100-199", "bytes=-50"):
            client.get("probe:range", url, {"Range": value})
        client.get("probe:range-beyond", url, {"Range": "bytes=99999999-"})


def _wrong_directives(client: Client, followers: Sequence[Followed]) -> None:
    for follower in followers:
        client.get("probe:part-alone", follower.url + "?_HLS_part=0")
    for query in WRONG_DIRECTIVES:
        client.get("probe:wrong-directive", f"{followers[0].url}?{query}")


def _reports(client: Client, followers: Sequence[Followed]) -> None:
    """Every playlist in turn, several rounds: what one says of another lies between what that one said before
    and after."""
    for group in range(4):
        for follower in [*followers, followers[0]]:
            client.get("probe:report", follower.url, group=group)


def _too_far(client: Client, main: Followed) -> None:
    """Just after an update, so that little can change before the request is there."""
    for group in range(2):
        fresh = client.get("probe:fresh", f"{main.url}?{_next(main)}", group=group)
        playlist = parse_media(fresh.text)
        msn, part = playlist.edge
        client.get("probe:msn-too-far", f"{main.url}?_HLS_msn={msn + 4}", group=group)
        limit = advance_part_limit(playlist)
        client.get("probe:part-too-far", f"{main.url}?_HLS_msn={msn}&_HLS_part={part + limit + 3}", group=group)


def advance_part_limit(playlist: MediaPlaylist) -> int:
    """§6.2.5.2: three seconds' parts, at least three."""
    target = float(playlist.part_target or 1)
    return int(3 / target) if target < 1 else 3


def _msn_ahead(client: Client, main: Followed) -> None:
    """Two segments beyond the last complete one may be waited for."""
    msn = _playlist(main).complete[-1].msn + 2
    client.get("probe:msn-ahead", f"{main.url}?_HLS_msn={msn}", msn=msn)


def _tune_in(client: Client, main: Followed) -> None:
    """Appendix C: a playlist without directives, then the part that a cache's age of a second makes expected."""
    for ahead_s in (0.5, 1.0, 2.0):
        plain = client.get("probe:tune-in-plain", main.url)
        playlist = parse_media(plain.text)
        msn, part = playlist.edge
        part += max(1, round(ahead_s / float(playlist.part_target or 1)))
        client.get("probe:tune-in", f"{main.url}?_HLS_msn={msn}&_HLS_part={part}", msn=msn, part=part)


def _whole_segment(client: Client, main: Followed) -> None:
    """msn alone, while that segment is in progress."""
    msn = _playlist(main).edge[0] + (1 if _playlist(main).segments[-1].uri else 0)
    client.get("probe:msn-alone", f"{main.url}?_HLS_msn={msn}", msn=msn)


def _past_the_end(client: Client, main: Followed) -> None:
    """A part index beyond the last one: of a complete segment, and of one in progress."""
    playlist = _playlist(main)
    done = playlist.complete[-1]
    client.get("probe:past-complete", f"{main.url}?_HLS_msn={done.msn}&_HLS_part=999", msn=done.msn)
    counts = [len(segment.parts) for segment in playlist.complete if segment.parts]
    if counts:
        # Within the advance limit only late in the segment: when half of it is there.
        until = time.monotonic() + 3 * playlist.target
        _wait(main, lambda p: not p.segments[-1].uri and len(p.segments[-1].parts) * 2 >= counts[-1], until)
        msn = _playlist(main).edge[0]
        client.get("probe:past-progress", f"{main.url}?_HLS_msn={msn}&_HLS_part={counts[-1]}", msn=msn)


def _encodings(client: Client, root: str, followers: Sequence[Followed]) -> None:
    client.get("probe:gzip", root, GZIP, group="root")
    client.get("probe:identity", root, group="root")
    for index, follower in enumerate(followers):
        for query in ("", "?_HLS_skip=YES", "?_HLS_msn=0"):
            # Equal states are wanted for the comparison: asked together, several times.
            for turn in range(3):
                group = f"{index}{query}{turn}"
                client.get("probe:gzip", follower.url + query, GZIP, group=group)
                client.get("probe:identity", follower.url + query, group=group)
        client.get("probe:gzip", f"{follower.url}?{_next(follower)}", GZIP, group=f"{index}blocking")
    client.get("probe:no-encoding", followers[0].url, {"Accept-Encoding": "gzip;q=0, identity"})


def _crowd(client: Client, main: Followed) -> None:
    """Half of them wait for an update, half ask around it."""
    waiting = [f"{main.url}?{_next(main)}"] * (CROWD // 2)
    client.parallel("probe:crowd", waiting + [main.url] * (CROWD // 2), group="crowd")


def _permutations(client: Client, main: Followed) -> None:
    msn, part = _playlist(main).next
    names = (f"_HLS_msn={msn}", f"_HLS_part={part}", "_HLS_skip=YES")
    urls = [f"{main.url}?{'&'.join(order)}" for order in itertools.permutations(names)]
    client.parallel("probe:permutation", urls, group="permutation")


def _deltas(client: Client, follower: Followed) -> None:
    """Full, delta and delta with date ranges of the same state: released by the same update, or asked together."""
    # Each turn waits for an update, an I-frame playlist's for a whole segment.
    for turn in range(1 if _playlist(follower).iframes_only else 3):
        wanted = _next(follower)
        urls = [f"{follower.url}?{wanted}{skip}" for skip in ("", "&_HLS_skip=YES", "&_HLS_skip=v2")]
        client.parallel("probe:delta-blocking", urls, group=turn)
        for skip in ("", "?_HLS_skip=YES", "?_HLS_skip=v2", "?_HLS_skip=NO", ""):
            client.get("probe:delta", follower.url + skip, group=turn)


def _old_msn(client: Client, followers: Sequence[Followed]) -> None:
    for follower in followers:
        first = _playlist(follower).media_sequence
        client.get("probe:old-msn", f"{follower.url}?_HLS_msn={max(0, first - 1)}")
        if _playlist(follower).part_target is not None:
            client.get("probe:old-msn", f"{follower.url}?_HLS_msn={max(0, first - 1)}&_HLS_part=0")
