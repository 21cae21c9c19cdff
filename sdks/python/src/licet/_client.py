from __future__ import annotations

import concurrent.futures
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from . import _ed25519
from ._claims import FILE, LEASE
from ._core import ATTEMPTS_MAX, Core, FingerprintOption, Subject, read_member
from ._encoding import WHITE_SPACE, JsonObject, parse_time
from ._errors import NoAnswer, TokenError
from ._http import Transport, start_thread
from ._judge import (
    Evidence,
    JudgeOptions,
    Ruling,
    import_file,
    import_revocations,
    judge,
)
from ._offline_codes import compute_return_code, encode_request
from ._record import LicenseRecord, Tombstone
from ._seats import Seats
from ._state import State, Verdict, deny, require_features
from ._store import Store
from ._tokens import Binding, open_either
from ._verdicts import RefusedVerdict, ValidVerdict

#: The time in seconds between two refreshes in the background.
_PAUSE = 60.0
#: A server may check the licenses of many customers with one client.
_PAUSES_MAX = 1000
_NONCE_BYTES = 16


@dataclass(frozen=True)
class Activation:
    """A domain or device that uses a license."""

    id: str
    kind: Literal["domain", "device"]
    #: The normalized domain, or the fingerprint.
    value: str
    name: str | None
    created_at: datetime


@dataclass(frozen=True)
class OfflineRequest:
    #: Such as ``LQ1.eyJ2Ijox…``. It contains the license key.
    code: str
    #: The page of the server with the code in its fragment, for a link or a QR code.
    url: str


class Licet:
    """Checks the license of an app, online and offline. Create one client and keep it.

    Several threads can use a client. ``key``, ``domain`` and ``fingerprint`` can be passed to each
    call, too. A ``fingerprint`` of False names no device.
    """

    def __init__(
        self,
        url: str,
        app_id: str,
        *,
        key: str | None = None,
        product: str | None = None,
        public_keys: Iterable[str] = (),
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        store: Store | None = None,
        timeout: float = 3.0,
        refresh: timedelta = timedelta(days=1),
        hard_limit: timedelta = timedelta(days=30),
        transport: Transport | None = None,
        clock: Callable[[], float] = time.time,
        built_at: datetime | None = None,
        on_problem: Callable[[Exception], None] | None = None,
    ) -> None:
        self._core = Core(
            url,
            app_id,
            key=key,
            product=product,
            public_keys=public_keys,
            domain=domain,
            fingerprint=fingerprint,
            store=store,
            timeout=timeout,
            refresh=refresh,
            hard_limit=hard_limit,
            transport=transport,
            clock=clock,
            built_at=built_at,
            on_problem=on_problem,
        )
        self.seats = Seats(self._core)

    def check(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        features: str | Iterable[str] = (),
        fresh: bool = False,
        name: str | None = None,
        version: str | None = None,
    ) -> State:
        """Decides whether the app may run: call it at launch, and as often as you like.

        Never raises because of the network, the server or the store. Returns at once if a stored
        license allows it, unless ``fresh`` is true. Without one of the ``features``, the state is
        ``refused``. ``name`` (of the device) and ``version`` (of the app) are for the vendor.
        """
        names = (features,) if isinstance(features, str) else tuple(features)
        subject = self._core.resolve(key, domain, fingerprint)
        ruling = self._core.judge(subject)
        if subject.key is None:
            return require_features(_explain_missing_key(ruling.state), names)
        if ruling.state.allowed and not fresh:
            if ruling.refresh:
                self._refresh_in_background(subject, name, version)
            return require_features(ruling.state, names)
        try:
            flight = self._fly(subject, name, version, _count_attempts(ruling), is_daemon=True)
        except RuntimeError as error:
            # The system has no thread left, or the interpreter is about to exit.
            self._core.report(error)
            return require_features(ruling.state, names)
        return require_features(flight.result().state, names)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits until no check is working in the background, at most for so many seconds."""
        shared = self._core.shared
        with shared.lock:
            flights = list(shared.flights.values())
        return not concurrent.futures.wait(flights, timeout).not_done

    def validate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        version: str | None = None,
    ) -> Verdict:
        """Asks the server in any case. A refusal is returned, not raised.

        Raises ``NoAnswer``, and ``LicetProblem`` if the request was wrong.
        """
        subject = self._core.resolve(key, domain, fingerprint)
        subject.require_key()
        attempts_max = _count_attempts(self._core.judge(subject))
        ruling = self._core.refresh(subject, name, version, attempts_max)
        verdict = ruling.verdict
        if isinstance(verdict, ValidVerdict):
            return Verdict(True, verdict.license, verdict.warnings)
        if isinstance(verdict, RefusedVerdict):
            code, message = verdict.code, verdict.message
            return Verdict(False, error=code, message=message, details=verdict.details)
        raise ruling.failure or NoAnswer("not_licet", "There is no answer.")

    def activate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
    ) -> Activation:
        """Activates the domain, or else the device. Repeating it returns the same activation.

        Raises ``LicetProblem`` with the code of the refusal, such as ``DEVICE_LIMIT_REACHED``, and
        ``NoAnswer``.
        """
        core = self._core
        subject = core.resolve(key, domain, fingerprint)
        fields = {**_describe_place(subject), "name": name}
        response, proof = core.post("/activate", fields, "lease")
        grant = core.read_grant(response, proof, core.load(subject).record.feed)
        core.store_grant(subject, grant)
        return _read_activation(grant.body)

    def deactivate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
    ) -> Activation:
        """Frees the slot of the domain, or else of the device, and deletes the stored license.

        Raises ``LicetProblem`` and ``NoAnswer``.
        """
        core = self._core
        subject = core.resolve(key, domain, fingerprint)
        response, proof = core.post("/deactivate", _describe_place(subject), "nothing")
        grant = core.read_grant(response, proof, None)
        core.delete(subject)
        return _read_activation(grant.body)

    def import_file(
        self,
        text: str,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        features: str | Iterable[str] = (),
    ) -> State:
        """Imports a license file. Raises ``TokenError`` if it is not for this app and device."""
        subject = self._core.resolve(key, domain, fingerprint)
        return self._import(import_file, text, subject, features)

    def import_revocations(
        self,
        text: str,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        features: str | Iterable[str] = (),
    ) -> State:
        """Imports a revocation feed on a device without a connection. Raises ``TokenError``."""
        subject = self._core.resolve(key, domain, fingerprint)
        return self._import(import_revocations, text, subject, features)

    def create_offline_request(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
    ) -> OfflineRequest:
        """Returns the code with which a device without a connection asks for a license file."""
        subject = self._core.resolve_device(key, fingerprint)
        code = encode_request(
            product=subject.product,
            key=subject.require_key(),
            fingerprint=subject.fingerprint or self._core.find_device(),
            name=name or None,
            nonce=secrets.token_urlsafe(_NONCE_BYTES),
        )
        return OfflineRequest(code, f"{self._core.url}/offline#{code}")

    def return_file(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
    ) -> str:
        """Deletes the license file, and returns the code that frees its slot.

        Importing the same file again allows nothing. Raises ``TokenError`` without a file that is
        bound to a device or domain.
        """
        subject = self._core.resolve(key, domain, fingerprint)
        return self._core.change(subject, _return_file).code

    @staticmethod
    def verify(
        text: str,
        public_keys: Iterable[str],
        *,
        product: str | None = None,
        fingerprint: str | None = None,
        domain: str | None = None,
        features: str | Iterable[str] = (),
        now: float | None = None,
    ) -> State:
        """Returns the state that a license file or a lease gives on its own.

        It needs no client, store or network. Any other text is ``unknown``, with a code such as
        ``SIGNATURE_INVALID``. ``now`` is a time in seconds.
        """
        names = (features,) if isinstance(features, str) else tuple(features)
        keys = tuple(public_keys)
        _ed25519.require_cryptography()
        try:
            token = open_either(text.strip(WHITE_SPACE), FILE, LEASE, keys)
        except TokenError as error:
            return deny("unknown", error.code, error.message, "none")
        options = JudgeOptions(keys, Binding(product, fingerprint, domain), names)
        evidence = Evidence(LicenseRecord(), (token,))
        return judge(evidence, int(time.time() if now is None else now), None, options).state

    def _refresh_in_background(
        self, subject: Subject, name: str | None, version: str | None
    ) -> None:
        shared = self._core.shared
        now = time.monotonic()
        with shared.lock:
            if now < shared.paused_until.get(subject.name, now):
                return
            if len(shared.paused_until) >= _PAUSES_MAX:
                shared.paused_until.clear()
            shared.paused_until[subject.name] = now + _PAUSE
        try:
            # The interpreter waits for it at its exit: a short run would never refresh otherwise.
            self._fly(subject, name, version, 1, is_daemon=False)
        except RuntimeError as error:
            self._core.report(error)

    def _fly(
        self,
        subject: Subject,
        name: str | None,
        version: str | None,
        attempts_max: int,
        *,
        is_daemon: bool,
    ) -> concurrent.futures.Future[Ruling]:
        """Refreshes a record. Calls about the same record share one request."""
        core, shared = self._core, self._core.shared

        def refresh() -> Ruling:
            try:
                ruling = core.refresh(subject, name, version, attempts_max)
                if ruling.failure is not None:
                    core.report(ruling.failure)
                return ruling
            except BaseException as error:
                core.report(error)
                raise
            finally:
                with shared.lock:
                    shared.flights.pop(subject.name, None)

        with shared.lock:
            flight = shared.flights.get(subject.name)
            if flight is None:
                flight = start_thread(refresh, is_daemon=is_daemon)
                shared.flights[subject.name] = flight
            return flight

    def _import(
        self,
        add: Callable[[Evidence, int, str, JudgeOptions], Ruling],
        text: str,
        subject: Subject,
        features: str | Iterable[str],
    ) -> State:
        core = self._core
        if not core.public_keys:
            raise ValueError("Pass `public_keys` to the client: files need them.")
        names = (features,) if isinstance(features, str) else tuple(features)
        options = core.judge_options(subject)
        ruling = core.change(
            subject, lambda each: add(each, core.now(), text.strip(WHITE_SPACE), options)
        )
        return require_features(ruling.state, names)


def _count_attempts(ruling: Ruling) -> int:
    """If a record decides, a server that does not answer is asked only once."""
    return ATTEMPTS_MAX if ruling.state.status == "unknown" else 1


def _explain_missing_key(state: State) -> State:
    """Says why there is no answer: without a license key, the server was not asked."""
    if state.code != "NO_ANSWER":
        return state
    return replace(state, message="There is no license key yet.")


def _describe_place(subject: Subject) -> dict[str, str | None]:
    """The server wants either a domain or a fingerprint."""
    key = subject.require_key()
    if subject.domain is not None:
        return {"key": key, "domain": subject.domain}
    if subject.fingerprint is not None:
        return {"key": key, "fingerprint": subject.fingerprint}
    raise ValueError("Pass the domain or the fingerprint to activate or deactivate.")


def _read_activation(body: JsonObject) -> Activation:
    created_at = parse_time(read_member(body, "created_at"))
    if created_at is None:
        raise NoAnswer("not_licet", '"created_at" is not a time.')
    name = body.get("name")
    return Activation(
        read_member(body, "id"),
        "domain" if body.get("kind") == "domain" else "device",
        read_member(body, "value"),
        name if isinstance(name, str) else None,
        created_at,
    )


@dataclass(frozen=True)
class _Returned:
    record: LicenseRecord
    code: str


def _return_file(evidence: Evidence) -> _Returned:
    token = evidence.find(FILE)
    secret = None if token is None else token.claims["ret"]
    if token is None or secret is None:
        raise TokenError("MALFORMED", "There is no license file that can be returned.")
    message = "The license of this device was returned."
    tombstone = Tombstone("FILE_RETURNED", message, token.claims["iat"])
    record = replace(evidence.record, file=None, tombstone=tombstone)
    return _Returned(record, compute_return_code(secret, token.claims["jti"]))
