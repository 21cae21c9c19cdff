"""Bytes, texts, JSON and times."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

JsonObject = dict[str, Any]

#: The end of the year 9999: a larger number is not in seconds.
SECONDS_MAX = 253_402_300_799
COUNT_MAX = 2**53 - 1
#: White space as in ECMAScript, so that all SDKs read the same texts.
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_SURROGATES = re.compile("[\ud800-\udfff]")
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def to_utf8(text: str) -> bytes:
    """Returns UTF-8. Halves of surrogate pairs, which have none, become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text).encode()


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes | None:
    """Returns the bytes, or None unless it is canonical base64url without padding."""
    if _BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if to_base64url(data) == text else None


def from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def sha256_hex(text: str) -> str:
    return hashlib.sha256(to_utf8(text)).hexdigest()


def hash_text(text: str) -> str:
    """Returns the base64url SHA-256 of a text in UTF-8, as in the claims ``fp`` and ``req``."""
    return to_base64url(hashlib.sha256(to_utf8(text)).digest())


def parse_object(text: str | bytes) -> JsonObject | None:
    """Returns the JSON object in a text, or None for anything else."""
    return _parse(text, dict)


def parse_unique_object(text: str | bytes) -> JsonObject | None:
    """Like ``parse_object``, and None too if any object in it has a member twice (RFC 7515, §4)."""
    return _parse(text, _build_unique)


def _parse(
    text: str | bytes, build: Callable[[list[tuple[str, Any]]], JsonObject]
) -> JsonObject | None:
    try:
        value = parse_json(text if isinstance(text, str) else text.decode(), build)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def parse_json(text: str, build: Callable[[list[tuple[str, Any]]], JsonObject] = dict) -> Any:
    """Returns the value of a JSON text, or raises ``ValueError``."""
    try:
        return json.loads(
            text,
            object_pairs_hook=build,
            parse_float=_parse_number,
            parse_constant=_reject_constant,
        )
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _build_unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A member is there twice.")
    return members


def _parse_number(text: str) -> int | float:
    """JSON does not distinguish 1.0 and 1e0 from 1."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("A number is too large.")
    return int(value) if value.is_integer() and abs(value) <= COUNT_MAX else value


def _reject_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}.")


def to_json(value: object) -> str:
    """Returns JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX


def is_seconds(value: object) -> bool:
    return is_count(value) and value <= SECONDS_MAX  # type: ignore[operator]


def is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def get_object(members: Mapping[str, Any], name: str) -> JsonObject:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def to_time(seconds: float) -> datetime:
    """Returns a time in UTC, at the latest the end of the year 9999."""
    return _EPOCH + timedelta(seconds=min(seconds, SECONDS_MAX))


def to_seconds(time: datetime) -> int:
    """Returns whole seconds since 1970. A time without a zone is in UTC."""
    aware = time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH) // timedelta(seconds=1)


def parse_time(text: str) -> datetime | None:
    """Returns the time in a text as in RFC 3339, or None."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    date, clock, fraction, sign, hours, minutes = match.groups()
    try:
        time = datetime.strptime(f"{date} {clock} +0000", "%Y-%m-%d %H:%M:%S %z")
        time += timedelta(microseconds=int(((fraction or "") + "000000")[:6]))
        if sign is not None:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            time += offset if sign == "-" else -offset
    except (ValueError, OverflowError):
        return None
    return time.astimezone(timezone.utc)


def parse_http_date(text: str | None) -> float | None:
    """Returns the seconds since 1970 of a date in a header (RFC 9110, §5.6.7), or None."""
    if text is None:
        return None
    try:
        time = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return float(to_seconds(time))
