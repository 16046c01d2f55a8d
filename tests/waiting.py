"""Waits with a deadline: tests never sleep for a fixed time and hope."""
import time
from typing import Any, Callable

DEADLINE_S = 40


def wait_for(what: str, condition: Callable[[], Any], seconds: float = DEADLINE_S) -> Any:
    """The condition's first true value."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
