"""R51-R62, R65, R71-R73: the low-latency tags."""
from __future__ import annotations

from decimal import Decimal
from statistics import median
from urllib.parse import urljoin, urlsplit

from .playlist import Segment, decimal
from .presentation import Presentation, Rendition, Snapshot
from .rules import MUST, PROFILE, SHOULD, Judge, rule


FRAME_S = 1 / 24


@rule(51, MUST, "4.4.3.7", "EXT-X-PART-INF with PART-TARGET where there are parts")
def r51(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        if s.playlist.parts:
            judge((s.playlist.part_target or 0) > 0, f"{s.where}: parts, but no EXT-X-PART-INF:PART-TARGET")


@rule(52, MUST, "4.4.4.9", "no part longer than PART-TARGET")
def r52(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        for s in r.low_latency:
            target = s.playlist.part_target or Decimal(0)
            for segment, index, part in s.playlist.parts:
                judge(part.duration <= target, f"{s.where}: part {segment.msn}.{index} lasts {part.duration}, "
                      f"PART-TARGET is {target}")


@rule(53, MUST, "4.4.4.9", "parts of at least 85 % of PART-TARGET, but for the exceptions")
def r53(p: Presentation, judge: Judge) -> None:
    for r in p.renditions:
        for s in r.low_latency:
            least = Decimal("0.85") * (s.playlist.part_target or 0)
            for segment, index, part in s.playlist.parts:
                final = bool(segment.uri) and index == len(segment.parts) - 1
                following = segment.parts[index + 1:index + 2]
                before_gap = bool(following) and following[0].gap
                # The last one listed of a segment in progress may yet turn out to be its last.
                open_end = not segment.uri and index == len(segment.parts) - 1
                if not (final or part.independent or part.gap or before_gap or open_end):
                    judge(part.duration >= least, f"{s.where}: part {segment.msn}.{index} lasts {part.duration}, "
                          f"the least is {least}")


@rule(56, MUST, "4.4.4.9", "tags of a parent segment precede its first part")
def r56(p: Presentation, judge: Judge) -> None:
    early = ("EXT-X-DISCONTINUITY", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME")
    for _, s in p.snapshots:
        for segment in s.playlist.segments:
            if segment.first_part_line >= 0:
                behind = [n for n in early if segment.own_lines.get(n, -1) > segment.first_part_line]
                judge(not behind, f"{s.where}: {', '.join(behind)} behind the first part of {segment.msn}")


@rule(58, PROFILE, "4.4.3.8", "EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES")
def r58(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        if not s.playlist.ended:
            judge(s.playlist.attribute("EXT-X-SERVER-CONTROL", "CAN-BLOCK-RELOAD") == "YES",
                  f"{s.where}: no CAN-BLOCK-RELOAD=YES")


@rule(59, MUST, "4.4.3.8, AAS 14.3", "PART-HOLD-BACK of at least 3 part targets")
def r59(p: Presentation, judge: Judge) -> None:
    largest = max((s.playlist.part_target or Decimal(0) for _, s in p.snapshots), default=Decimal(0))
    for _, s in p.snapshots:
        if s.playlist.parts:
            hold = s.playlist.number("EXT-X-SERVER-CONTROL", "PART-HOLD-BACK")
            judge(hold is not None and hold >= 3 * largest, f"{s.where}: PART-HOLD-BACK {hold}, PART-TARGET {largest}")


@rule(60, MUST, "4.4.3.8", "HOLD-BACK of at least 3 target durations")
def r60(p: Presentation, judge: Judge) -> None:
    for _, s in p.snapshots:
        hold = s.playlist.number("EXT-X-SERVER-CONTROL", "HOLD-BACK")
        if not s.playlist.ended or hold is not None:
            judge(hold is not None and hold >= 3 * s.playlist.target, f"{s.where}: HOLD-BACK {hold}")


@rule(61, MUST, "4.4.3.8", "CAN-SKIP-UNTIL of at least 6 target durations")
def r61(p: Presentation, judge: Judge) -> str | None:
    for _, s in p.snapshots:
        boundary = s.playlist.attribute("EXT-X-SERVER-CONTROL", "CAN-SKIP-UNTIL")
        ranges = s.playlist.attribute("EXT-X-SERVER-CONTROL", "CAN-SKIP-DATERANGES")
        if boundary is not None or ranges is not None:
            judge((decimal(boundary) or 0) >= 6 * s.playlist.target, f"{s.where}: CAN-SKIP-UNTIL {boundary}")
    return "no CAN-SKIP-UNTIL is offered"


@rule(62, MUST, "6.2.4", "the same EXT-X-SERVER-CONTROL in all playlists")
def r62(p: Presentation, judge: Judge) -> None:
    per_rendition = {r.uri: {tag.value for s in r.snapshots for tag in s.playlist.all("EXT-X-SERVER-CONTROL")}
                     for r in p.renditions if r.snapshots}
    everywhere = set.union(*per_rendition.values()) if per_rendition else set()
    for uri, values in per_rendition.items():
        judge(values == everywhere, f"{uri}: {values or 'no EXT-X-SERVER-CONTROL'}, elsewhere {everywhere - values}")


@rule(65, PROFILE, "B.1, 6.2.6", "there is always one hint of the next part")
def r65(p: Presentation, judge: Judge) -> None:
    for r in p.played:
        for s in r.low_latency:
            if not s.playlist.ended:
                types = [tag.attributes.get("TYPE") for tag in s.playlist.all("EXT-X-PRELOAD-HINT")]
                judge(types.count("PART") == 1 and types.count("MAP") <= 1, f"{s.where}: hints of {types}")


def report(snapshot: Snapshot, r: Rendition, other: Rendition) -> tuple[int, int] | None:
    """What a playlist says of another one: (msn, part), part -1 where it has none."""
    for uri, tag in snapshot.playlist.reports.items():
        if urljoin(r.url, uri) == other.url:
            msn, part = tag.attributes.get("LAST-MSN", ""), tag.attributes.get("LAST-PART", "-1")
            if msn.isdigit() and part.lstrip("-").isdigit():
                return int(msn), int(part)
    return None


@rule(71, PROFILE, "B.1, 4.4.5.4", "right rendition reports of all other playlists")
def r71(p: Presentation, judge: Judge) -> str | None:
    if len(p.renditions) < 2:
        return "one media playlist only"
    for r, s in p.snapshots:
        _complete_reports(p, judge, r, s)
    _true_reports(p, judge)
    return None


def _complete_reports(p: Presentation, judge: Judge, r: Rendition, s: Snapshot) -> None:
    named = [urljoin(r.url, uri) for uri in s.playlist.reports]
    judge(len(s.playlist.all("EXT-X-RENDITION-REPORT")) == len(set(named)), f"{s.where}: two reports of one playlist")
    judge(r.url not in named, f"{s.where}: reports on itself")
    for uri, tag in s.playlist.reports.items():
        judge(not urlsplit(uri).scheme and not uri.startswith("//") and "?" not in uri,
              f"{s.where}: report's URI is not relative: {uri}")
        other = p.rendition(urljoin(r.url, uri))
        if other is not None and other.low_latency:
            judge("LAST-PART" in tag.attributes, f"{s.where}: report without LAST-PART: {tag.value}")
        judge("LAST-MSN" in tag.attributes, f"{s.where}: report without LAST-MSN: {tag.value}")
    # An I-frame playlist may be left out of the reports (it is recommended, not required).
    missing = [o.uri for o in p.played if o is not r and o.url not in named]
    judge(not missing, f"{s.where}: no EXT-X-RENDITION-REPORT of {', '.join(missing)}")


def _true_reports(p: Presentation, judge: Judge) -> None:
    """What is said of a playlist is no less than that one's last answer before, no more than its next one after."""
    asked = sorted(p.probes("report"), key=lambda e: e.t_request)
    for e in asked:
        r = p.rendition(e.path)
        if r is None or e.status != 200:
            continue
        snapshot = Snapshot(e, p.parse(e))
        for other in p.renditions:
            said = report(snapshot, r, other)
            if other is r or said is None:
                continue
            edges = [(x, p.parse(x).edge) for x in asked if x.path == other.url and x.status == 200]
            if not other.low_latency:
                said, edges = (said[0], -1), [(x, (edge[0], -1)) for x, edge in edges]
            before = [edge for x, edge in edges if x.t_last_byte <= e.t_request]
            after = [edge for x, edge in edges if x.t_request >= e.t_last_byte]
            if before and after:
                judge(max(before) <= said <= min(after), f"{snapshot.where}: says {said} of {other.uri}, "
                      f"which was at {max(before)} before and at {min(after)} after")


@rule(72, PROFILE, "B.1", "renditions are updated together, within a part target")
def r72(p: Presentation, judge: Judge) -> str | None:
    if len(p.played) < 2:
        return "one rendition only"
    ends = {r.url: _end_dates(r.complete + [s for s in r.segments.values() if not s.uri]) for r in p.played}
    for r in p.played:
        for other in p.played:
            lags = []
            for s in r.low_latency:
                said = report(s, r, other)
                end, other_end = s.playlist.end_date, ends[other.url].get(said) if said else None
                if r is not other and end is not None and other_end is not None:
                    lags.append(abs(end - other_end))
            if lags:
                # Each comes in steps of a part, so that two that run together are a part apart at most, and a
                # frame, as each part ends with a frame of its own.
                judge(median(lags) <= p.part_target + FRAME_S,
                      f"{r.uri} and {other.uri} end {median(lags):.3f} s apart (median)")
    return None


def _end_dates(segments: list[Segment]) -> dict[tuple[int, int], float]:
    """Wall time at the end of each part."""
    ends: dict[tuple[int, int], float] = {}
    for segment in segments:
        at = segment.date
        for index, part in enumerate(segment.parts):
            if at is not None:
                at += float(part.duration)
                ends[(segment.msn, index)] = at
    return ends


@rule(73, SHOULD, "4.4.3.6, 6.2.5.2", "I-frame playlists carry no parts and block by _HLS_msn")
def r73(p: Presentation, judge: Judge) -> str | None:
    if not p.iframes:
        return "no I-frame playlist (R95)"
    for r in p.iframes:
        for s in r.snapshots:
            judge(not s.playlist.parts and not s.playlist.hints, f"{s.where}: parts or hints in an I-frame playlist")
            wanted = s.exchange.query.removeprefix("_HLS_msn=")
            if wanted.isdigit() and not s.playlist.ended:
                judge(s.playlist.edge[0] >= int(wanted), f"{s.where}: answered before {wanted} was there")
    return None
