"""The claims of tokens, and tests of their types (conformance suite, §Claims)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Literal, TypedDict

from ._encoding import JsonObject, are_texts, is_count, is_number, is_seconds

TokenType = Literal[
    "licet-lease+jwt", "licet-file+jwt", "licet-answer+jwt", "licet-revocations+jwt"
]
LEASE: TokenType = "licet-lease+jwt"
FILE: TokenType = "licet-file+jwt"
ANSWER: TokenType = "licet-answer+jwt"
REVOCATIONS: TokenType = "licet-revocations+jwt"


class SeatClaim(TypedDict):
    """The floating seat that a token relies on, and when it ends."""

    id: str
    exp: int


# "from" is a keyword.
_Feed = TypedDict("_Feed", {"from": int, "to": int, "more": bool}, total=False)


class Claims(_Feed, total=False):
    """The claims of all types of tokens. Which of them are there depends on the type."""

    iss: str
    jti: str
    iat: int
    nbf: int
    exp: int
    aud: str | None
    sub: str
    valid: bool
    plan: str
    features: Mapping[str, Any]
    warnings: list[str]
    end: int | None
    fp: str | None
    dom: list[str] | None
    act: list[str]
    sea: SeatClaim | None
    rfa: int
    vld: int
    non: str | None
    req: str | None
    rte: Any
    rev: int
    ret: str | None
    error: str
    message: str
    details: JsonObject
    revoked: list[tuple[str, int]]
    keys: list[tuple[str, int]]


_Test = Callable[[object], bool]
_Shape = Mapping[str, _Test]

_ABSENT = object()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _null_or(test: _Test) -> _Test:
    return lambda value: value is None or test(value)


def _absent_or(test: _Test) -> _Test:
    return lambda value: value is _ABSENT or test(value)


def _is_features(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(each, (bool, str)) or is_number(each) for each in value.values()
    )


def _are_entries(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and len(each) == 2 and _is_text(each[0]) and is_seconds(each[1])
        for each in value
    )


def _has_shape(value: object, shape: _Shape) -> bool:
    return isinstance(value, dict) and all(
        test(value.get(name, _ABSENT)) for name, test in shape.items()
    )


def _is_seat(value: object) -> bool:
    return _has_shape(value, {"id": _is_text, "exp": is_seconds})


_common: _Shape = {
    "iss": _is_text,
    "jti": _is_text,
    "iat": is_seconds,
    "nbf": is_seconds,
    "exp": is_seconds,
}
_answer: _Shape = {
    **_common,
    "aud": _null_or(_is_text),
    "sub": _null_or(_is_text),
    "non": _null_or(_is_text),
    "req": _null_or(_is_text),
    "rev": is_count,
}
_granted: _Shape = {
    **_answer,
    "aud": _is_text,
    "sub": _is_text,
    "valid": lambda value: value is True,
    "plan": _is_text,
    "features": _is_features,
    "warnings": are_texts,
    "end": _null_or(is_seconds),
    "sea": _absent_or(_null_or(_is_seat)),
}
_refused: _Shape = {
    **_answer,
    "valid": lambda value: value is False,
    "error": _is_text,
    "message": _is_text,
    "details": _absent_or(lambda value: isinstance(value, dict)),
}
_lease: _Shape = {
    **_granted,
    "fp": _null_or(_is_text),
    "dom": _null_or(are_texts),
    "act": are_texts,
    "sea": _null_or(_is_seat),
    "rfa": is_seconds,
    "vld": is_seconds,
}
_shapes: Mapping[TokenType, tuple[_Shape, ...]] = {
    LEASE: (_lease,),
    FILE: ({**_lease, "ret": _null_or(_is_text)},),
    ANSWER: (_granted, _refused),
    REVOCATIONS: (
        {
            **_common,
            "from": is_count,
            "to": is_count,
            "more": _is_flag,
            "revoked": _are_entries,
            "keys": _are_entries,
        },
    ),
}
_orders: Mapping[TokenType, tuple[str, ...]] = {
    LEASE: ("rfa", "vld", "exp"),
    FILE: ("rfa", "vld", "exp"),
    ANSWER: (),
    REVOCATIONS: ("from", "to"),
}


def has_claims(kind: TokenType, claims: JsonObject) -> bool:
    """Returns whether every claim of a type is there, with a possible value. Others are ignored."""
    return any(_has_shape(claims, shape) for shape in _shapes[kind]) and all(
        claims[first] <= claims[second]
        for order in (("nbf", "iat", "exp"), _orders[kind])
        for first, second in zip(order, order[1:])
    )
