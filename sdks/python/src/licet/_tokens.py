"""Signed tokens (conformance suite, §Tokens)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from . import _ed25519
from ._claims import ANSWER, FILE, LEASE, REVOCATIONS, Claims, TokenType, has_claims
from ._domains import covers_domain
from ._encoding import from_base64url, hash_text, parse_unique_object, to_utf8
from ._errors import TokenError, TokenFault

#: A clock may be this far behind the floor, or behind the time at which a token was issued.
CLOCK_LEEWAY = 300
_TOKEN_BYTES_MAX = 16 * 1024
_FEED_BYTES_MAX = 1024 * 1024
_SIGNATURE_BYTES = 64
_KEY_BYTES = 32
_KID_CHARACTERS = 16

_ARMOR = re.compile(
    r"-----BEGIN LICET ([A-Z]+)-----\r?\n(.*)\r?\n-----END LICET \1-----", re.DOTALL
)
_ARMOR_WHITE_SPACE = " \t\r\n"
_LABELS = {FILE: "LICENSE", REVOCATIONS: "REVOCATIONS"}


@dataclass(frozen=True)
class Feed:
    """The revocation feed as far as it was imported."""

    to: int
    revoked: Mapping[str, int]
    keys: Mapping[str, int]


@dataclass(frozen=True)
class Proof:
    """The request that an answer must belong to."""

    nonce: str | None = None
    #: The exact request body.
    request_body: str | None = None
    #: Such as ``/validate``.
    route: str | None = None


@dataclass(frozen=True)
class Binding:
    """The product, device and domain that a license must be for, unless it is for any."""

    product: str | None = None
    fingerprint: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Token:
    """A token whose signature and claims are good. Its times and bindings have not been checked."""

    type: TokenType
    kid: str
    claims: Claims
    #: Compact, without armor.
    text: str


def open_token(text: str, kind: TokenType, public_keys: Iterable[str]) -> Token:
    """Opens a token that a pinned public key has signed (steps 1-8 of §Verification).

    Raises ``TokenError`` for anything else. The header never selects the algorithm.
    """
    compact, (head, body, mark) = _split(text, kind)
    kid = _read_header(head, kind)
    key = _find_key(kid, public_keys)
    if key is None:
        raise TokenError("KEY_UNKNOWN")
    if not _ed25519.verify(key, f"{head}.{body}".encode(), mark):
        raise TokenError("SIGNATURE_INVALID")
    claims = parse_unique_object(from_base64url(body) or b"")
    if claims is None or not has_claims(kind, claims):
        raise TokenError("MALFORMED")
    return Token(kind, kid, cast(Claims, claims), compact)


def open_either(
    text: str, first: TokenType, second: TokenType, public_keys: Iterable[str]
) -> Token:
    """Opens a token of one type or another."""
    try:
        return open_token(text, first, public_keys)
    except TokenError as error:
        if error.code != "TYPE_UNEXPECTED":
            raise
        return open_token(text, second, public_keys)


def verify_token(
    text: str,
    kind: TokenType,
    public_keys: Iterable[str],
    now: int,
    *,
    proof: Proof = Proof(),
    binding: Binding = Binding(),
    feed: Feed | None = None,
) -> Token:
    """Opens a token and checks it in full (§Verification). Raises ``TokenError``."""
    token = open_token(text, kind, public_keys)
    fault = find_proof_fault(token, proof, feed)
    if fault is None and kind in (LEASE, FILE):
        issued_at = token.claims["iat"]
        time = issued_at if now < issued_at - CLOCK_LEEWAY else now
        fault = find_license_fault(token, binding, feed, time)
    if fault is not None:
        raise TokenError(fault)
    return token


def find_proof_fault(token: Token, proof: Proof, feed: Feed | None) -> TokenFault | None:
    """Steps 9-11: the key is not stolen, and the answer is ours."""
    claims = token.claims
    stolen_since = feed.keys.get(token.kid) if feed is not None else None
    if stolen_since is not None and claims["iat"] >= stolen_since:
        return "KEY_REVOKED"
    if token.type == REVOCATIONS:
        return None
    needs_nonce = proof.nonce is not None or token.type == ANSWER
    if needs_nonce and (proof.nonce is None or claims["non"] != proof.nonce):
        return "NONCE_MISMATCH"
    if proof.request_body is not None and claims["req"] != hash_text(proof.request_body):
        return "REQUEST_MISMATCH"
    if proof.route is not None and claims.get("rte") != proof.route:
        return "REQUEST_MISMATCH"
    return None


def find_license_fault(
    token: Token, binding: Binding, feed: Feed | None, time: int
) -> TokenFault | None:
    """Steps 12-16: the license is for this product, device and domain, not revoked nor expired."""
    claims = token.claims
    if binding.product is not None and claims["aud"] != binding.product:
        return "PRODUCT_MISMATCH"
    device, domains = claims["fp"], claims["dom"]
    if device is not None and not (
        binding.fingerprint is not None and device == hash_text(binding.fingerprint)
    ):
        return "FINGERPRINT_MISMATCH"
    if domains is not None and not (
        binding.domain is not None and covers_domain(domains, binding.domain)
    ):
        return "DOMAIN_MISMATCH"
    revoked: Mapping[str, int] = feed.revoked if feed is not None else {}
    if any(claims["iat"] < revoked.get(each, 0) for each in (claims["sub"], *claims["act"])):
        return "LICENSE_REVOKED"
    if time < claims["exp"]:
        return None
    return "LEASE_EXPIRED" if token.type == LEASE else "FILE_EXPIRED"


def parse_public_key(x: object) -> tuple[str, bytes] | None:
    """Returns the ID (RFC 7638) and the bytes of a public key; None if the text is not one."""
    key = from_base64url(x) if isinstance(x, str) else None
    if key is None or len(key) != _KEY_BYTES:
        return None
    return hash_text(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}')[:_KID_CHARACTERS], key


def _find_key(kid: str, public_keys: Iterable[str]) -> bytes | None:
    known = (parse_public_key(each) for each in public_keys)
    return next((each[1] for each in known if each is not None and each[0] == kid), None)


def _split(text: str, kind: TokenType) -> tuple[str, tuple[str, str, bytes]]:
    bytes_max = _FEED_BYTES_MAX if kind == REVOCATIONS else _TOKEN_BYTES_MAX
    if len(text) > bytes_max or len(to_utf8(text)) > bytes_max:
        raise TokenError("MALFORMED")
    compact = _remove_armor(text, kind)
    parts = compact.split(".")
    if len(parts) != 3 or any(not part or from_base64url(part) is None for part in parts):
        raise TokenError("MALFORMED")
    signature = from_base64url(parts[2]) or b""
    if len(signature) != _SIGNATURE_BYTES:
        raise TokenError("MALFORMED")
    return compact, (parts[0], parts[1], signature)


def _remove_armor(text: str, kind: TokenType) -> str:
    """Returns the token in the armor of a file or a feed, and any other text as it is."""
    armored = text[1:] if text.startswith("\ufeff") else text
    match = _ARMOR.fullmatch(armored.strip(_ARMOR_WHITE_SPACE))
    if match is None or match[1] != _LABELS.get(kind):
        return text
    return re.sub(f"[{_ARMOR_WHITE_SPACE}]+", "", match[2])


def _read_header(head: str, kind: TokenType) -> str:
    """Returns the ID of the key that the header names."""
    header: dict[str, Any] = parse_unique_object(from_base64url(head) or b"") or {}
    kid, typ = header.get("kid"), header.get("typ")
    is_header = header.get("alg") == "EdDSA" and isinstance(kid, str) and isinstance(typ, str)
    if not is_header or len(header) != 3:
        raise TokenError("MALFORMED")
    if typ != kind:
        raise TokenError("TYPE_UNEXPECTED")
    return cast(str, kid)
