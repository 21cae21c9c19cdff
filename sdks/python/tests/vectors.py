"""The test cases of the conformance suite, and how its runner compares."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from licet import License, State

MAJOR_VERSION = "1"
SUITE = next(
    parent / "sdks" / "conformance"
    for parent in Path(__file__).resolve().parents
    if (parent / "sdks" / "conformance").is_dir()
)


def read_vectors(name: str) -> Any:
    vectors = json.loads((SUITE / "vectors" / name).read_text(encoding="utf-8"))
    version = vectors.get("version", MAJOR_VERSION)
    assert version.split(".")[0] == MAJOR_VERSION, f"{name} is of version {version} of the suite"
    return vectors


def read_cases(name: str) -> list[Any]:
    cases: list[Any] = read_vectors(name)["cases"]
    return cases


def format_time(time: datetime | None) -> str | None:
    if time is None:
        return None
    text = time.astimezone(timezone.utc).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def describe_license(license: License | None) -> Any:
    return license and {
        "id": license.id,
        "plan": license.plan,
        "features": license.features,
        "expiresAt": format_time(license.expires_at),
    }


def describe_state(state: State) -> dict[str, Any]:
    """Returns a state with the names and times of the suite."""
    return {
        "allowed": state.allowed,
        "status": state.status,
        "source": state.source,
        "code": state.code,
        "message": state.message,
        "license": describe_license(state.license),
        "warnings": list(state.warnings),
        "staleSince": format_time(state.stale_since),
        "refreshAfter": format_time(state.refresh_after),
        "validUntil": format_time(state.valid_until),
    }


def assert_matches(actual: Any, expected: dict[str, Any]) -> None:
    """Compares what ``expected`` contains. What is None there must be None or absent."""
    for name, value in expected.items():
        if name in ("state", "verdict") and isinstance(value, dict):
            assert_matches(actual[name], value)
        else:
            assert {name: _drop_none(actual.get(name))} == {name: _drop_none(value)}


def _drop_none(value: Any) -> Any:
    if isinstance(value, list):
        return [_drop_none(each) for each in value]
    if isinstance(value, dict):
        return {name: _drop_none(each) for name, each in value.items() if each is not None}
    # 1 == True in Python, but not in JSON.
    return ("bool", value) if isinstance(value, bool) else value
