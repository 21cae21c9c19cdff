from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Union

from ._claims import Claims
from ._encoding import to_time

Status = Literal["licensed", "grace", "refused", "unknown"]
Source = Literal["server", "lease", "file", "cache", "none"]
#: The value of a feature, such as ``True``, ``5`` or ``"gold"``.
FeatureValue = Union[bool, int, float, str]


@dataclass(frozen=True)
class License:
    """A license as it was confirmed last."""

    id: str
    #: The slug of its plan.
    plan: str
    features: Mapping[str, FeatureValue]
    #: In UTC; None for a perpetual license.
    expires_at: datetime | None = None


@dataclass(frozen=True)
class State:
    """The result of a check. Times are in UTC.

    ``status`` is ``licensed``; ``grace``: licensed, but the server has not confirmed it for too
    long; ``refused``: a server said no; or ``unknown``: nothing proves either, so your app decides.
    """

    status: Status
    source: Source
    #: Why the status is ``refused`` or ``unknown``, such as ``LICENSE_EXPIRED`` or ``NO_ANSWER``.
    code: str | None = None
    message: str | None = None
    license: License | None = None
    #: Such as ``EXPIRES_SOON``.
    warnings: tuple[str, ...] = ()
    #: Since when a confirmation is due. Only in grace.
    stale_since: datetime | None = None
    #: When the next refresh is due.
    refresh_after: datetime | None = None
    #: Until when the license stays allowed without any answer.
    valid_until: datetime | None = None

    @property
    def allowed(self) -> bool:
        """Whether the app may run: the status is ``licensed`` or ``grace``."""
        return self.status in ("licensed", "grace")

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Verdict:
    """A server's answer. A refusal is one too."""

    valid: bool
    #: Only if ``valid``.
    license: License | None = None
    warnings: tuple[str, ...] = ()
    #: Why it is refused, such as ``LICENSE_EXPIRED``.
    error: str | None = None
    message: str | None = None
    #: Facts behind the error, such as ``{"limit": 3, "used": 3}``.
    details: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.valid


def deny(status: Status, code: str, message: str, source: Source) -> State:
    """Returns a state that does not allow the app to run."""
    return State(status, source, code=code, message=message)


def read_license(claims: Claims) -> License:
    """Returns the license that a token proves."""
    end = claims["end"]
    expires_at = None if end is None else to_time(end)
    return License(claims["sub"], claims["plan"], claims["features"], expires_at)


def require_features(state: State, features: tuple[str, ...]) -> State:
    """Refuses an allowed state without one of the features: missing, ``False`` or 0."""
    included: Mapping[str, FeatureValue] = state.license.features if state.license else {}
    missing = next((each for each in features if included.get(each, False) in (False, 0)), None)
    if not state.allowed or missing is None:
        return state
    message = f'The license does not include the feature "{missing}".'
    return deny("refused", "FEATURE_NOT_INCLUDED", message, state.source)


def warn(state: State, warning: str) -> State:
    return replace(state, warnings=(*state.warnings, warning)) if state.allowed else state
