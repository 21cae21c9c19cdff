"""For the tests of a licensed site, which must not ask a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal
from unittest import mock

from licet import FeatureValue, License, State

from . import client


class _FixedClient:
    def __init__(self, state: State) -> None:
        self._state = state

    def check(self, *, features: tuple[str, ...], **_: object) -> State:
        license = self._state.license
        included = license.features if license is not None else {}
        missing = [each for each in features if included.get(each, False) in (False, 0)]
        if license is None or not missing:
            return self._state
        message = f'The license does not include the feature "{missing[0]}".'
        return State("refused", "cache", code="FEATURE_NOT_INCLUDED", message=message)


@contextmanager
def override_license(
    status: Literal["licensed", "grace", "refused", "unknown"] = "licensed",
    *,
    features: Mapping[str, FeatureValue] | None = None,
    plan: str = "test",
    code: str = "LICENSE_EXPIRED",
) -> Iterator[None]:
    """Replaces the license of the site: ``with override_license("refused"):``."""
    license = License("lic_test", plan, dict(features or {}))
    if status in ("licensed", "grace"):
        state = State(status, "cache", license=license)
    elif status == "refused":
        state = State(status, "cache", code=code, message="The license is refused.")
    else:
        state = State(status, "none", code="NO_ANSWER", message="There is no answer.")
    with mock.patch.object(client, "get_client", return_value=_FixedClient(state)):
        yield
