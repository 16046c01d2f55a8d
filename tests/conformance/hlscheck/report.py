"""Verdicts as a table or as JSON."""
from __future__ import annotations

import json
from collections import Counter
from typing import Iterable

from .rules import Verdict


def table(verdicts: Iterable[Verdict]) -> str:
    lines = []
    verdicts = list(verdicts)
    for v in verdicts:
        judged = f"({v.judged})" if v.judged else ""
        lines.append(f"{v.rule.name:5} {v.rule.level}  {v.status:8} {v.rule.title} [{v.rule.source}] {judged}".rstrip())
        lines += [f"              {text}" for text in v.evidence]
    counts = Counter(v.status for v in verdicts)
    lines.append(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    return "\n".join(lines)


def as_json(verdicts: Iterable[Verdict]) -> str:
    return json.dumps([{"rule": v.rule.name, "level": v.rule.level, "source": v.rule.source, "title": v.rule.title,
                        "status": v.status, "judged": v.judged, "evidence": v.evidence} for v in verdicts], indent=1)
