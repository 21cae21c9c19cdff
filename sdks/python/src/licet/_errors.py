from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

NoAnswerReason = Literal["timeout", "network", "status", "not_licet", "too_large", "signature"]


class LicetError(Exception):
    """The base class of all errors of this package."""


class NoAnswer(LicetError):
    """The server gave no answer that counts. It never means that a license is invalid.

    That is a timeout, a network failure, status 408, 425, 429 or 5xx, something else than Licet (a
    captive portal), or a response without the signature that was asked for.
    """

    code = "NO_ANSWER"

    def __init__(
        self,
        reason: NoAnswerReason,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason: NoAnswerReason = reason
        self.message = message
        self.status = status
        #: How long the server asked to wait, in seconds.
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.reason, self.message), self.__dict__)


@dataclass(frozen=True)
class FieldError:
    """One field of a request that the server rejected."""

    #: A JSON pointer into the body, such as ``/plan``.
    pointer: str
    detail: str


class LicetProblem(LicetError):
    """A request that the server answered with an error (RFC 9457).

    ``code`` is stable, and ``detail`` is a sentence that says what to do. Also raised for a refused
    activation, deactivation or seat.
    """

    def __init__(
        self,
        status: int,
        problem: Mapping[str, Any],
        *,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        code, detail = problem.get("code"), problem.get("detail")
        errors, details = problem.get("errors"), problem.get("details")
        own_id = problem.get("request_id")
        self.status = status
        self.code = code if isinstance(code, str) else f"HTTP_{status}"
        self.detail = (
            detail if isinstance(detail, str) else f"The server answered with status {status}."
        )
        #: The invalid fields.
        self.errors: tuple[FieldError, ...] = _read_field_errors(errors)
        #: Facts about the refusal, such as ``{"limit": 3, "used": 3}``.
        self.details: Mapping[str, Any] = details if isinstance(details, dict) else {}
        self.request_id = own_id if isinstance(own_id, str) else request_id
        #: How long the server asked to wait, in seconds.
        self.retry_after = retry_after
        self._problem = dict(problem)
        super().__init__(f"{self.code}: {self.detail}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.status, self._problem), self.__dict__)


def _read_field_errors(errors: object) -> tuple[FieldError, ...]:
    if not isinstance(errors, list):
        return ()
    return tuple(
        FieldError(each["pointer"], each["detail"])
        for each in errors
        if isinstance(each, dict)
        and isinstance(each.get("pointer"), str)
        and isinstance(each.get("detail"), str)
    )


TokenFault = Literal[
    "MALFORMED",
    "TYPE_UNEXPECTED",
    "KEY_UNKNOWN",
    "SIGNATURE_INVALID",
    "KEY_REVOKED",
    "NONCE_MISMATCH",
    "REQUEST_MISMATCH",
    "PRODUCT_MISMATCH",
    "FINGERPRINT_MISMATCH",
    "DOMAIN_MISMATCH",
    "LICENSE_REVOKED",
    "LEASE_EXPIRED",
    "FILE_EXPIRED",
    "FEED_GAP",
]

#: For people.
EXPLANATIONS: Mapping[TokenFault, str] = {
    "MALFORMED": "The license is incomplete or damaged.",
    "TYPE_UNEXPECTED": "This is not a license.",
    "KEY_UNKNOWN": "The license was signed by an unknown key.",
    "SIGNATURE_INVALID": "The signature of the license is wrong.",
    "KEY_REVOKED": "The license was signed with a stolen key. Ask for a new one.",
    "NONCE_MISMATCH": "This is the answer to another request.",
    "REQUEST_MISMATCH": "This is the answer to another request.",
    "PRODUCT_MISMATCH": "The license is for another product.",
    "FINGERPRINT_MISMATCH": "The license is for another device.",
    "DOMAIN_MISMATCH": "The license is for another domain.",
    "LICENSE_REVOKED": "The license has been revoked.",
    "LEASE_EXPIRED": "The license was not confirmed for too long. Connect to the internet.",
    "FILE_EXPIRED": "The license file has expired. Ask for a new one.",
    "FEED_GAP": "Import the earlier revocations first.",
}


class TokenError(LicetError):
    """A license file, lease or revocation feed that proves nothing. ``code`` says why."""

    def __init__(self, code: TokenFault, message: str | None = None) -> None:
        self.code: TokenFault = code
        self.message = message or EXPLANATIONS[code]
        super().__init__(code, self.message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


WebhookFault = Literal[
    "HEADER_MISSING", "TIMESTAMP_TOO_OLD", "TIMESTAMP_TOO_NEW", "SIGNATURE_INVALID", "BODY_INVALID"
]


class WebhookError(LicetError):
    """A request that Licet did not send, or sent too long ago. Answer it with status 400."""

    def __init__(self, code: WebhookFault, message: str) -> None:
        self.code: WebhookFault = code
        self.message = message
        super().__init__(code, message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
