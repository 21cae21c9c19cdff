"""What a client stores about one license."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ._encoding import (
    JsonObject,
    are_texts,
    is_count,
    is_seconds,
    parse_object,
    parse_time,
    sha256_hex,
    to_json,
)
from ._state import License
from ._tokens import Feed

_NAME_HEX_DIGITS = 16


@dataclass(frozen=True)
class StoredAnswer:
    """The last valid answer that was not signed, as it was received."""

    at: int
    verdict: JsonObject


@dataclass(frozen=True)
class Tombstone:
    """A refusal. It decides until a server says otherwise or a newer file is imported."""

    code: str
    message: str
    at: int


@dataclass(frozen=True)
class LicenseRecord:
    """The memory of an app about one license. Times are whole seconds since 1970."""

    v: int = 1
    #: The latest lease: a compact JWS.
    lease: str | None = None
    #: The imported license file: a compact JWS.
    file: str | None = None
    #: Only used if no keys are pinned.
    answer: StoredAnswer | None = None
    tombstone: Tombstone | None = None
    #: The time cannot be earlier than this.
    floor: int = 0
    feed: Feed | None = None

    def to_json(self) -> str:
        return to_json(asdict(self))


def parse_record(text: str | None) -> LicenseRecord:
    """Reads a stored record. Each part that is damaged counts as missing."""
    stored = parse_object(text) if text is not None else None
    if stored is None or stored.get("v") != 1 or stored.get("v") is True:
        return LicenseRecord()
    lease, file, floor = stored.get("lease"), stored.get("file"), stored.get("floor")
    return LicenseRecord(
        lease=lease if isinstance(lease, str) else None,
        file=file if isinstance(file, str) else None,
        answer=_read_answer(stored.get("answer")),
        tombstone=_read_tombstone(stored.get("tombstone")),
        floor=floor if isinstance(floor, int) and is_seconds(floor) else 0,
        feed=_read_feed(stored.get("feed")),
    )


def name_record(
    key: str | None, product: str | None, fingerprint: str | None, domain: str | None
) -> str:
    """Returns the name under which the record of a license is stored."""
    text = "\n".join((key or "", product or "", fingerprint or "", domain or ""))
    return f"licet-{sha256_hex(text)[:_NAME_HEX_DIGITS]}"


def parse_valid_body(body: object) -> JsonObject | None:
    """Returns the members that we know of a response that says valid; None if it is not one."""
    if not isinstance(body, dict):
        return None
    license, warnings = body.get("license"), body.get("warnings")
    if body.get("valid") is not True or not isinstance(license, dict) or not are_texts(warnings):
        return None
    members = {name: license.get(name) for name in ("id", "plan", "features", "expiresAt")}
    end = members["expiresAt"]
    is_end = "expiresAt" in license and (
        end is None or (isinstance(end, str) and parse_time(end) is not None)
    )
    is_license = (
        isinstance(members["id"], str)
        and isinstance(members["plan"], str)
        and isinstance(members["features"], dict)
    )
    if not is_license or not is_end:
        return None
    return {"valid": True, "license": members, "warnings": warnings}


def read_license_of(verdict: JsonObject) -> License:
    """Returns the license of what ``parse_valid_body`` has returned."""
    license = verdict["license"]
    end = license["expiresAt"]
    expires_at = None if end is None else parse_time(end)
    return License(license["id"], license["plan"], license["features"], expires_at)


def _read_answer(value: Any) -> StoredAnswer | None:
    if not isinstance(value, dict) or not is_seconds(value.get("at")):
        return None
    verdict = parse_valid_body(value.get("verdict"))
    return None if verdict is None else StoredAnswer(value["at"], verdict)


def _read_tombstone(value: Any) -> Tombstone | None:
    if not isinstance(value, dict):
        return None
    code, message, at = value.get("code"), value.get("message"), value.get("at")
    is_tombstone = isinstance(code, str) and isinstance(message, str) and is_seconds(at)
    return Tombstone(value["code"], value["message"], value["at"]) if is_tombstone else None


def _read_feed(value: Any) -> Feed | None:
    if not isinstance(value, dict) or not is_count(value.get("to")):
        return None
    revoked, keys = value.get("revoked"), value.get("keys")
    if not _are_times(revoked) or not _are_times(keys):
        return None
    return Feed(value["to"], value["revoked"], value["keys"])


def _are_times(value: object) -> bool:
    return isinstance(value, dict) and all(is_seconds(each) for each in value.values())
