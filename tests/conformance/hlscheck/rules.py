"""The register of rules: each a function over a Presentation with its number, level and source.

A rule calls its Judge once for everything it judges; what it never calls is `not seen`, which counts as a failure.
A rule that returns a text says why this presentation has nothing for it (`absent`), which does not.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from .presentation import Presentation
from .recording import Recording

# Levels: MUST, SHOULD, required by the low-latency server profile (bis B.1), operational (ours).
MUST, SHOULD, PROFILE, OPERATIONAL = "M", "S", "P", "O"
EVIDENCE_MAX = 5


class Judge:
    """Collects what a rule finds."""

    def __init__(self) -> None:
        self.judged = 0
        self.findings: list[str] = []

    def __call__(self, holds: bool, otherwise: str) -> bool:
        self.judged += 1
        if not holds:
            self.findings.append(otherwise)
        return holds


RuleFunction = Callable[[Presentation, Judge], "str | None"]


@dataclass(frozen=True)
class Rule:
    number: int
    level: str
    source: str
    title: str
    judge: RuleFunction | None  # None: declined, for `reason`.
    reason: str = ""

    @property
    def name(self) -> str:
        return f"R{self.number}"


@dataclass
class Verdict:
    rule: Rule
    status: str  # "pass", "FAIL", "declined", "absent", "not seen".
    judged: int = 0
    evidence: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return self.status in ("FAIL", "not seen")


REGISTER: dict[int, Rule] = {}


def _add(rule: Rule) -> None:
    if rule.number in REGISTER:
        raise ValueError(f"{rule.name} is registered twice")
    REGISTER[rule.number] = rule


def rule(number: int, level: str, source: str, title: str) -> Callable[[RuleFunction], RuleFunction]:
    def register(function: RuleFunction) -> RuleFunction:
        _add(Rule(number, level, source, title, function))
        return function
    return register


def declined(number: int, level: str, source: str, title: str, reason: str) -> None:
    """A rule that is not judged over HTTP here, and why."""
    _add(Rule(number, level, source, title, None, reason))


def judge_rule(rule: Rule, presentation: Presentation) -> Verdict:
    if rule.judge is None:
        return Verdict(rule, "declined", evidence=[rule.reason])
    judge = Judge()
    try:
        absent = rule.judge(presentation, judge)
    except Exception as error:  # Whatever broke the reading of it broke the rule.
        judge(False, f"could not be judged: {type(error).__name__}: {error}")
        absent = None
    if judge.findings:
        more = len(judge.findings) - EVIDENCE_MAX
        evidence = judge.findings[:EVIDENCE_MAX] + ([f"and {more} more"] if more > 0 else [])
        return Verdict(rule, "FAIL", judge.judged, evidence)
    if absent and not judge.judged:
        return Verdict(rule, "absent", evidence=[absent])
    if not judge.judged:
        return Verdict(rule, "not seen", evidence=["nothing to judge was recorded"])
    return Verdict(rule, "pass", judge.judged)


def judge_all(recording: Recording) -> list[Verdict]:
    """Every registered rule, by number."""
    presentation = Presentation(recording)
    return [judge_rule(rule, presentation) for _, rule in sorted(REGISTER.items())]
