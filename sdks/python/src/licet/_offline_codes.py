"""Codes that people carry between a device without a connection and a server."""

from __future__ import annotations

import hashlib
import hmac

from ._encoding import from_base64url, to_base64url, to_json, to_utf8
from .keys import ALPHABET

_BITS = 50


def encode_request(
    *, product: str | None, key: str, fingerprint: str, name: str | None, nonce: str
) -> str:
    """Returns the code with which a device without a connection asks for a license file."""
    members = {
        "v": 1,
        "product": product,
        "key": key,
        "fp": fingerprint,
        "name": name,
        "nonce": nonce,
    }
    given = {member: value for member, value in members.items() if value is not None}
    return f"LQ1.{to_base64url(to_utf8(to_json(given)))}"


def compute_return_code(secret: str, file_id: str) -> str:
    """Returns the code that proves that a device has deleted its license file.

    It is the first 50 bits of HMAC-SHA-256 of the file's ID under its secret, as XXXXX-XXXXX.
    """
    mac = hmac.new(from_base64url(secret) or b"", to_utf8(file_id), hashlib.sha256).digest()
    number = int.from_bytes(mac, "big") >> (len(mac) * 8 - _BITS)
    symbols = "".join(ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return f"{symbols[:5]}-{symbols[5:]}"
