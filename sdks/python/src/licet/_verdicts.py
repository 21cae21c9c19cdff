"""What a response says about a license (conformance suite, §The judge, 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ._claims import ANSWER, LEASE, SeatClaim
from ._encoding import JsonObject, get_object, parse_http_date, parse_object
from ._errors import LicetProblem, NoAnswer, TokenError
from ._record import parse_valid_body, read_license_of
from ._state import License, read_license
from ._tokens import Feed, Proof, Token, find_proof_fault, open_either


@dataclass(frozen=True)
class Response:
    """A response of a server."""

    status: int
    #: Names are in lower case.
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class ValidVerdict:
    license: License
    warnings: tuple[str, ...]
    #: When the server decided, in seconds; None if it did not say.
    at: int | None
    lease: Token | None = None
    #: The seat that was granted, if the server has signed one.
    seat: SeatClaim | None = None
    #: The response, if it needs no signature.
    body: JsonObject | None = None


@dataclass(frozen=True)
class RefusedVerdict:
    code: str
    message: str
    at: int | None
    details: JsonObject = field(default_factory=dict)


AnyVerdict = Union[ValidVerdict, RefusedVerdict]
#: The outcome of a request.
Outcome = Union[Response, NoAnswer]


def read_verdict(
    outcome: Outcome,
    public_keys: tuple[str, ...],
    product: str | None,
    proof: Proof,
    feed: Feed | None,
) -> AnyVerdict:
    """Returns the verdict, or raises ``NoAnswer`` or ``LicetProblem`` if there is none.

    With pinned keys, only a signed answer is one, and nothing beside it is read.
    """
    if isinstance(outcome, NoAnswer):
        raise outcome
    body = parse_object(outcome.body) or {}
    if outcome.status not in (200, 404):
        raise read_error(outcome.status, body)
    if public_keys:
        return _read_signed(outcome.status, body, public_keys, product, proof, feed)
    at = _read_date(outcome.headers)
    granted = parse_valid_body(body) if outcome.status == 200 else None
    if granted is not None:
        warnings = tuple(granted["warnings"])
        return ValidVerdict(read_license_of(granted), warnings, at, body=granted)
    error, message = body.get("error"), body.get("message")
    if body.get("valid") is False and isinstance(error, str) and isinstance(message, str):
        return RefusedVerdict(error, message, at, get_object(body, "details"))
    raise read_error(outcome.status, body)


def read_error(status: int, body: Mapping[str, Any]) -> NoAnswer | LicetProblem:
    """Returns what a response reports that grants nothing: a problem, or nothing that counts."""
    if 400 <= status < 500 and isinstance(body.get("code"), str):
        return LicetProblem(status, body)
    message = f"The response with status {status} does not come from Licet."
    return NoAnswer("not_licet", message, status=status)


def _read_signed(
    status: int,
    body: JsonObject,
    public_keys: tuple[str, ...],
    product: str | None,
    proof: Proof,
    feed: Feed | None,
) -> AnyVerdict:
    try:
        return _open_signed(body.get("signed"), public_keys, product, proof, feed)
    except NoAnswer:
        error = read_error(status, body)
        if isinstance(error, LicetProblem):
            raise error from None
        raise


def _open_signed(
    signed: object,
    public_keys: tuple[str, ...],
    product: str | None,
    proof: Proof,
    feed: Feed | None,
) -> AnyVerdict:
    if not isinstance(signed, str):
        raise NoAnswer("signature", "The response is not signed.")
    try:
        token = open_either(signed, LEASE, ANSWER, public_keys)
    except TokenError as error:
        raise NoAnswer("signature", f"The signature proves nothing: {error.code}.") from error
    fault = find_proof_fault(token, proof, feed)
    if fault is not None:
        raise NoAnswer("signature", f"The signature proves nothing: {fault}.")
    claims = token.claims
    at = claims["iat"]
    if not claims["valid"]:
        return RefusedVerdict(claims["error"], claims["message"], at, claims.get("details", {}))
    if product is not None and claims["aud"] != product:
        raise NoAnswer("signature", "The signed answer is about another product.")
    lease = token if token.type == LEASE else None
    warnings = tuple(claims["warnings"])
    return ValidVerdict(read_license(claims), warnings, at, lease, claims.get("sea"))


def _read_date(headers: Mapping[str, str]) -> int | None:
    seconds = parse_http_date(headers.get("date"))
    return None if seconds is None or seconds < 0 else int(seconds)
