from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

from ._encoding import parse_http_date
from ._errors import LicetProblem, NoAnswer

Result = TypeVar("Result")

_FIRST_WAIT_MAX = 0.5
_WAIT_MAX = 4.0
#: A longer Retry-After is not waited for.
_RETRY_AFTER_MAX = 60.0
#: The failures that may pass. A captive portal or a wrong signature would be the same again.
_PASSING_REASONS = ("timeout", "network", "status")
_PASSING_STATUSES = (408, 425, 429)
#: A request that is repeated while its first attempt still runs gets this code with a 409.
_STILL_RUNNING = "idempotency_in_progress"
_SECONDS = re.compile(r"[0-9]{1,15}")


def is_passing_status(status: int) -> bool:
    """Returns whether a server that answers with a status may answer with another one soon."""
    return status >= 500 or status in _PASSING_STATUSES


def _is_passing(failure: NoAnswer | LicetProblem) -> bool:
    if isinstance(failure, NoAnswer):
        return failure.reason in _PASSING_REASONS
    return is_passing_status(failure.status) or failure.code == _STILL_RUNNING


def decide_retry(
    failure: NoAnswer | LicetProblem,
    attempt: int,
    elapsed: float,
    chance: float,
    *,
    attempts_max: int,
    total: float,
) -> float | None:
    """Returns how many seconds to wait before the next attempt, or None to give up.

    ``attempt`` counts from 1, and ``chance`` is random from 0 to 1. The wait is the server's
    Retry-After, else a random part of 0.5 s · 2ⁿ⁻¹, at most 4 s.
    """
    if attempt >= attempts_max or not _is_passing(failure):
        return None
    growing = min(_FIRST_WAIT_MAX * 2 ** (attempt - 1), _WAIT_MAX)
    wait = chance * growing if failure.retry_after is None else failure.retry_after
    return wait if wait <= _RETRY_AFTER_MAX and elapsed + wait < total else None


def retry(attempt: Callable[[float], Result], *, attempts_max: int, total: float) -> Result:
    """Calls ``attempt`` with the seconds that are left, until it succeeds or fails for good."""
    started = time.monotonic()
    count = 1
    while True:
        try:
            return attempt(total - (time.monotonic() - started))
        except (NoAnswer, LicetProblem) as failure:
            elapsed = time.monotonic() - started
            wait = decide_retry(
                failure, count, elapsed, random.random(), attempts_max=attempts_max, total=total
            )
            if wait is None:
                raise
        time.sleep(wait)
        count += 1


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Returns the seconds of a ``Retry-After`` (RFC 9110, §10.2.3), which may be a date."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value) is not None:
        return float(value)
    at = parse_http_date(value) if value.endswith(" GMT") else None
    return None if at is None else max(0.0, at - now)
