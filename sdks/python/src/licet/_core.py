"""What all calls of a client share: its options, its records and its requests."""

from __future__ import annotations

import logging
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar, Union

from . import _ed25519
from ._claims import LEASE
from ._encoding import WHITE_SPACE, JsonObject, parse_object, to_json, to_seconds, to_utf8
from ._errors import NoAnswer
from ._fingerprint import Fingerprint, check_app_id, find_fingerprint
from ._http import HttpRequest, HttpResponse, HttpTransport, Transport, parse_server_url, send
from ._judge import Evidence, JudgeOptions, Ruling, apply_verdict, judge, open_record
from ._record import LicenseRecord, name_record, parse_record
from ._retry import is_passing_status, parse_retry_after, retry
from ._store import ConfigStore, FallbackStore, Store
from ._tokens import Binding, Feed, Proof, parse_public_key
from ._verdicts import Response, ValidVerdict, read_error, read_verdict
from ._version import USER_AGENT
from .keys import Keys

#: A device; None for this one; False for none.
FingerprintOption = Union[str, Literal[False], None]
#: The kind of signature that a request asks for if keys are pinned.
Signing = Literal["lease", "answer", "nothing"]

ATTEMPTS_MAX = 3
_TOTAL_SECONDS = 10.0
_NONCE_BYTES = 16
#: A refresh is due earlier by up to this part of its time, so that not all apps ask at once.
_JITTER_MAX = 0.1
_LOCKS = 64

_logger = logging.getLogger("licet")


class HasRecord(Protocol):
    @property
    def record(self) -> LicenseRecord: ...


Changed = TypeVar("Changed", bound=HasRecord)


@dataclass(frozen=True)
class Subject:
    """The subject of a call and of its record."""

    key: str | None
    product: str | None
    fingerprint: str | None
    domain: str | None

    @property
    def name(self) -> str:
        return name_record(self.key, self.product, self.fingerprint, self.domain)

    def require_key(self) -> str:
        if self.key is None:
            raise ValueError("This needs a license key: pass `key` to the client or to the call.")
        return self.key


@dataclass(frozen=True)
class Grant:
    """A granted request, with its signed verdict if keys are pinned."""

    body: JsonObject
    verdict: ValidVerdict | None


class Shared:
    """What the threads of one process share. Locks and threads do not survive a fork."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.record_locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self.flights: dict[str, Future[Ruling]] = {}
        self.paused_until: dict[str, float] = {}


class Core:
    def __init__(
        self,
        url: str,
        app_id: str,
        *,
        key: str | None,
        product: str | None,
        public_keys: Iterable[str],
        domain: str | None,
        fingerprint: FingerprintOption,
        store: Store | None,
        timeout: float,
        refresh: timedelta,
        hard_limit: timedelta,
        transport: Transport | None,
        clock: Callable[[], float],
        built_at: datetime | None,
        on_problem: Callable[[Exception], None] | None,
    ) -> None:
        check_app_id(app_id)
        self.url = parse_server_url(url)
        self.app_id = app_id
        self.public_keys = _check_public_keys(public_keys)
        self._held = threading.local()
        self.store = FallbackStore(store or ConfigStore(app_id), self._report_store)
        self._target = (key, domain, fingerprint)
        self._product = product
        self._timeout = _check_limit("timeout", timeout)
        self._options = JudgeOptions(
            self.public_keys,
            refresh=_check_limit("refresh", refresh.total_seconds()),
            hard_limit=_check_limit("hard_limit", hard_limit.total_seconds()),
            built_at=0 if built_at is None else max(0, to_seconds(built_at)),
        )
        self._transport = transport or HttpTransport()
        self._clock = clock
        self._on_problem = on_problem
        self._device: Fingerprint | None = None
        self._jitter = random.random() * _JITTER_MAX
        self._shared = Shared()

    @property
    def shared(self) -> Shared:
        if self._shared.pid != os.getpid():
            self._shared = Shared()
        return self._shared

    def now(self) -> int:
        return int(self._clock())

    def report(self, problem: BaseException) -> None:
        """A mistake in the app's callback must not stop a check."""
        _logger.info("%s: %s", type(problem).__name__, problem)
        if self._on_problem is None or not isinstance(problem, Exception):
            return
        try:
            self._on_problem(problem)
        except Exception:
            _logger.exception("on_problem failed")

    def resolve(
        self, key: str | None, domain: str | None, fingerprint: FingerprintOption
    ) -> Subject:
        """Completes a target with the options of the client and the fingerprint of the device."""
        own_key, own_domain, own_fingerprint = self._target
        key = own_key if key is None else key
        domain = own_domain if domain is None else domain
        device = own_fingerprint if _is_blank(fingerprint) else fingerprint
        if _is_blank(device):
            device = False if domain is not None else self.find_device()
        trimmed = (key or "").strip(WHITE_SPACE)
        return Subject(
            (Keys.normalize(trimmed) or trimmed) if trimmed else None,
            self._product,
            device if isinstance(device, str) else None,
            domain,
        )

    def resolve_device(self, key: str | None, fingerprint: FingerprintOption) -> Subject:
        """Returns a subject that has a device and no domain, as seats need it."""
        subject = replace(self.resolve(key, None, fingerprint), domain=None)
        if subject.fingerprint is not None:
            return subject
        return replace(subject, fingerprint=self.find_device())

    def find_device(self) -> str:
        """Returns the fingerprint of this device, which stays the same as long as the client."""
        if self._device is None:
            self._device = find_fingerprint(self.app_id, self.store)
        return self._device.value

    def judge_options(self, subject: Subject, proof: Proof = Proof()) -> JudgeOptions:
        binding = Binding(subject.product, subject.fingerprint, subject.domain)
        return replace(self._options, binding=binding, proof=proof)

    def load(self, subject: Subject) -> Evidence:
        """Reads the record of a subject. A damaged or missing one is empty."""
        return open_record(parse_record(self.store.get(subject.name)), self.public_keys)

    def change(self, subject: Subject, change: Callable[[Evidence], Changed]) -> Changed:
        """Changes the record of a subject, one change after the other.

        It is read right before, since another process may have changed it, and written only if
        ``change`` returns another record.
        """
        with self._hold_record(subject.name):
            evidence = self.load(subject)
            result = change(evidence)
            if result.record != evidence.record:
                self.store.put(subject.name, result.record.to_json())
            return result

    def delete(self, subject: Subject) -> None:
        with self._hold_record(subject.name):
            self.store.delete(subject.name)

    @contextmanager
    def _hold_record(self, name: str) -> Iterator[None]:
        """Locks a record. Problems are reported afterwards: the app may check again then."""
        problems: list[Exception] = []
        with self.shared.record_locks[hash(name) % _LOCKS]:
            self._held.problems = problems
            try:
                yield
            finally:
                self._held.problems = None
        for problem in problems:
            self.report(problem)

    def _report_store(self, problem: Exception) -> None:
        problems: list[Exception] | None = getattr(self._held, "problems", None)
        if problems is None:
            self.report(problem)
        else:
            problems.append(problem)

    def judge(self, subject: Subject) -> Ruling:
        """Judges a license by its record alone."""
        options = self.judge_options(subject)

        def rule(evidence: Evidence) -> Ruling:
            now = self.now()
            ruling = judge(evidence, now, None, options)
            is_due = ruling.refresh or self._is_almost_due(evidence, now)
            return replace(ruling, refresh=is_due)

        return self.change(subject, rule)

    def _is_almost_due(self, evidence: Evidence, now: int) -> bool:
        lease, answer = evidence.find(LEASE), evidence.record.answer
        if lease is not None:
            iat, rfa = lease.claims["iat"], lease.claims["rfa"]
            return now >= rfa - (rfa - iat) * self._jitter
        return answer is not None and now >= answer.at + self._options.refresh * (1 - self._jitter)

    def refresh(
        self, subject: Subject, name: str | None, version: str | None, attempts_max: int
    ) -> Ruling:
        """Validates a license, and changes its record by the verdict."""
        fields = {
            "key": subject.require_key(),
            "product": subject.product,
            "domain": subject.domain,
            "fingerprint": subject.fingerprint,
            "name": name,
            "version": version,
        }
        outcome: Response | NoAnswer
        proof = Proof()
        try:
            outcome, proof = self.post("/validate", fields, "lease", attempts_max)
        except NoAnswer as failure:
            outcome = failure
        options = self.judge_options(subject, proof)
        return self.change(subject, lambda each: judge(each, self.now(), outcome, options))

    def post(
        self, route: str, fields: dict[str, Any], signing: Signing, attempts_max: int = ATTEMPTS_MAX
    ) -> tuple[Response, Proof]:
        """Sends a request of an app. Raises ``NoAnswer`` if all attempts fail."""
        is_signed = signing != "nothing" and bool(self.public_keys)
        given = {name: value for name, value in fields.items() if value is not None}

        def attempt(remaining: float) -> tuple[Response, Proof]:
            nonce = secrets.token_urlsafe(_NONCE_BYTES) if is_signed else None
            proofs: dict[str, Any] = {}
            if is_signed:
                lease = {"lease": True} if signing == "lease" else {}
                proofs = {**lease, "nonce": nonce}
            body = to_json({**given, **proofs})
            headers = {
                "content-type": "application/json",
                "accept": "application/json",
                "user-agent": USER_AGENT,
            }
            timeout = min(self._timeout, max(remaining, 0.001))
            url = f"{self.url}/api/v1{route}"
            request = HttpRequest("POST", url, headers, to_utf8(body), timeout)
            response = _read_response(send(self._transport, request))
            return response, Proof(nonce, body, route)

        return retry(attempt, attempts_max=attempts_max, total=_TOTAL_SECONDS)

    def read_grant(self, response: Response, proof: Proof, feed: Feed | None) -> Grant:
        """Returns what the server granted.

        Raises ``LicetProblem`` if it refuses, and ``NoAnswer`` if the response is not one of Licet
        or, with pinned keys, not signed.
        """
        body = parse_object(response.body)
        if response.status != 200:
            raise read_error(response.status, body or {})
        if body is None:
            raise NoAnswer("not_licet", "The response does not come from Licet.")
        if proof.nonce is None:
            return Grant(body, None)
        verdict = read_verdict(response, self.public_keys, self._product, proof, feed)
        if isinstance(verdict, ValidVerdict):
            return Grant(body, verdict)
        raise NoAnswer("signature", "The response grants what its signature refuses.")

    def store_grant(self, subject: Subject, grant: Grant) -> None:
        """Stores the lease that came with a granted request."""
        verdict = grant.verdict
        if verdict is None:
            return
        options = self.judge_options(subject)
        self.change(subject, lambda each: apply_verdict(each.record, self.now(), verdict, options))


def read_member(body: JsonObject, name: str) -> str:
    """Returns a member of a response that is a text. Raises ``NoAnswer`` if it is missing."""
    text = body.get(name)
    if isinstance(text, str):
        return text
    raise NoAnswer("not_licet", f'The response has no "{name}".')


def _read_response(response: HttpResponse) -> Response:
    """Raises ``NoAnswer`` for a status that decides nothing: 408, 425, 429 and 5xx."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status
    if is_passing_status(status):
        retry_after = parse_retry_after(headers.get("retry-after"), time.time())
        message = f"The server answered {status}."
        raise NoAnswer("status", message, status=status, retry_after=retry_after)
    return Response(status, headers, response.body.decode("utf-8-sig", errors="replace"))


def _is_blank(fingerprint: FingerprintOption) -> bool:
    return fingerprint is None or (
        isinstance(fingerprint, str) and not fingerprint.strip(WHITE_SPACE)
    )


def _check_public_keys(public_keys: Iterable[str]) -> tuple[str, ...]:
    if isinstance(public_keys, str):
        raise TypeError("public_keys must be a list of keys, not a text.")
    keys = tuple(public_keys)
    for index, key in enumerate(keys):
        parsed = parse_public_key(key)
        if parsed is None or not _ed25519.is_sound_key(parsed[1]):
            message = f"public_keys[{index}] must be a key that `licet signing keys` has printed."
            raise ValueError(message)
    if keys:
        _ed25519.require_cryptography()
    return keys


def _check_limit(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{name} must be above 0.")
    return value
