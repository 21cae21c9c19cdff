"""Verification of webhook requests."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._encoding import from_base64, get_object, parse_object, to_utf8
from ._errors import WebhookError

_TOLERANCE_SECONDS = 300
_SECRET_PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class WebhookEvent:
    """An event as Licet sends it. ``data["license"]`` is the license, with its key masked."""

    id: str
    #: Such as ``license.created``.
    type: str
    #: RFC 3339.
    timestamp: str
    data: Mapping[str, Any]
    #: The whole body.
    body: Mapping[str, Any] = field(repr=False)


class Webhooks:
    """Verifies webhook requests (Standard Webhooks 1.0)."""

    @staticmethod
    def verify(
        body: bytes | str,
        headers: Mapping[str, str],
        secret: str | Iterable[str],
        *,
        now: float | None = None,
    ) -> WebhookEvent:
        """Returns the event in a request that Licet has sent.

        Raises ``WebhookError`` unless one of its signatures was made with one of the secrets
        (``whsec_…``, several during a rotation) within the last five minutes. ``body`` is the
        request body exactly as it arrived, and ``now`` the time in seconds.
        """
        found = {str(name).lower(): value for name, value in headers.items()}
        id, timestamp, signatures = (
            found.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not id or not signatures or _SECONDS.fullmatch(timestamp) is None:
            raise WebhookError("HEADER_MISSING", "The request has no webhook headers.")
        _check_age(int(time.time() if now is None else now) - int(timestamp))
        raw = to_utf8(body) if isinstance(body, str) else bytes(body)
        message = to_utf8(f"{id}.{timestamp}.") + raw
        secrets = (secret,) if isinstance(secret, str) else tuple(secret)
        expected = [_sign(each, message) for each in secrets]
        given = [
            to_utf8(text)
            for version, _, text in (each.partition(",") for each in signatures.split(" "))
            if version == "v1"
        ]
        # Each is compared, so that the time says nothing about them.
        matches = [hmac.compare_digest(own, text) for own in expected for text in given]
        if not any(matches):
            raise WebhookError("SIGNATURE_INVALID", "No signature matches.")
        return _read_event(raw)


def _read_event(raw: bytes) -> WebhookEvent:
    event = parse_object(raw.decode(errors="replace"))
    if event is None:
        raise WebhookError("BODY_INVALID", "The body is not a JSON object.")
    id, kind, timestamp = (str(event.get(name, "")) for name in ("id", "type", "timestamp"))
    return WebhookEvent(id, kind, timestamp, get_object(event, "data"), event)


def _check_age(seconds: int) -> None:
    if seconds > _TOLERANCE_SECONDS:
        raise WebhookError("TIMESTAMP_TOO_OLD", "The request is more than five minutes old.")
    if seconds < -_TOLERANCE_SECONDS:
        raise WebhookError("TIMESTAMP_TOO_NEW", "The request is more than five minutes ahead.")


def _sign(secret: str, message: bytes) -> bytes:
    secret = secret.strip()
    encoded = secret[len(_SECRET_PREFIX) :] if secret.startswith(_SECRET_PREFIX) else secret
    key = from_base64(encoded)
    if not key:
        raise ValueError("A webhook secret is `whsec_` and base64.")
    return b64encode(hmac.new(key, message, hashlib.sha256).digest())
