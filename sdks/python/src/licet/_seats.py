from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from ._core import ATTEMPTS_MAX, Core, FingerprintOption, Grant, Signing, read_member
from ._encoding import parse_http_date, parse_time, to_seconds, to_time
from ._errors import LicetError, LicetProblem, NoAnswer
from ._verdicts import Response

#: The next renewal is after this part of the lease, so that two may fail.
_RENEW_AFTER = 1 / 3
_RETRY_AFTER = 1 / 10
_DELAY_MIN = 0.2
_DELAY_MAX = 3600.0


@dataclass(frozen=True)
class Seat:
    id: str
    #: Renew the seat before.
    expires_at: datetime


@dataclass(frozen=True)
class _TimedSeat:
    """A seat with what is left of its lease in seconds, measured by the clock of the server."""

    seat: Seat
    lease_seconds: float


class Seats:
    """Floating seats, which many devices share."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def acquire(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        borrow_days: int | None = None,
    ) -> Seat:
        """Acquires a seat for the device. Repeating it returns the same seat.

        With ``borrow_days`` it is kept for so many days without a connection. Raises
        ``LicetProblem`` with the code ``SEAT_LIMIT_REACHED`` if all seats are in use, and
        ``NoAnswer``.
        """
        return self._acquire(key, fingerprint, name, borrow_days).seat

    def renew(
        self, id: str, *, key: str | None = None, fingerprint: FingerprintOption = None
    ) -> Seat:
        """Renews a seat. One that has lapsed is acquired again if one is free.

        Raises ``LicetProblem`` and ``NoAnswer``.
        """
        return self._renew(id, key, fingerprint, ATTEMPTS_MAX).seat

    def release(self, id: str, *, key: str | None = None) -> None:
        """Gives a seat back, so that another device can use it."""
        self._release(id, key, ATTEMPTS_MAX)

    def hold(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        on_lost: Callable[[LicetProblem], None] | None = None,
    ) -> SeatHold:
        """Acquires a seat that renews itself in the background: ``with licet.seats.hold():``.

        An outage never ends it, whatever its length. If the server no longer grants a seat,
        ``on_lost`` is called in the thread of the renewals.
        """
        return SeatHold(self, key, fingerprint, name, on_lost)

    def _acquire(
        self,
        key: str | None,
        fingerprint: FingerprintOption,
        name: str | None,
        borrow_days: int | None = None,
    ) -> _TimedSeat:
        core = self._core
        subject = core.resolve_device(key, fingerprint)
        fields = {
            "key": subject.require_key(),
            "fingerprint": subject.fingerprint,
            "name": name,
            "borrow_days": borrow_days,
        }
        # The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
        signing: Signing = "answer" if borrow_days is None else "lease"
        response, proof = core.post("/seats/acquire", fields, signing)
        grant = core.read_grant(response, proof, core.load(subject).record.feed)
        seat = self._read_seat(grant, response)
        if signing == "lease":
            core.store_grant(subject, grant)
        return seat

    def _renew(
        self, id: str, key: str | None, fingerprint: FingerprintOption, attempts_max: int
    ) -> _TimedSeat:
        core = self._core
        # The fingerprint only finds the stored revocations.
        subject = core.resolve_device(key, fingerprint)
        fields = {"key": subject.require_key(), "id": id}
        response, proof = core.post("/seats/renew", fields, "answer", attempts_max)
        grant = core.read_grant(response, proof, core.load(subject).record.feed)
        return self._read_seat(grant, response)

    def _release(self, id: str, key: str | None, attempts_max: int) -> None:
        subject = self._core.resolve(key, None, False)
        fields = {"key": subject.require_key(), "id": id}
        response, proof = self._core.post("/seats/release", fields, "nothing", attempts_max)
        self._core.read_grant(response, proof, None)

    def _read_seat(self, grant: Grant, response: Response) -> _TimedSeat:
        """With pinned keys, only claims are read: a false server could prolong a seat."""
        verdict = grant.verdict
        if verdict is None:
            return self._read_plain_seat(grant, response)
        if verdict.seat is None or verdict.at is None:
            raise NoAnswer("signature", "The seat is not signed.")
        id, exp = verdict.seat["id"], verdict.seat["exp"]
        return _TimedSeat(Seat(id, to_time(exp)), exp - verdict.at)

    def _read_plain_seat(self, grant: Grant, response: Response) -> _TimedSeat:
        expires_at = parse_time(read_member(grant.body, "expires_at"))
        if expires_at is None:
            raise NoAnswer("not_licet", '"expires_at" is not a time.')
        server_time = parse_http_date(response.headers.get("date"))
        now = self._core.now() if server_time is None else server_time
        return _TimedSeat(
            Seat(read_member(grant.body, "id"), expires_at), to_seconds(expires_at) - now
        )


class SeatHold:
    """A seat that renews itself until it is released, such as at the end of its ``with`` block."""

    def __init__(
        self,
        seats: Seats,
        key: str | None,
        fingerprint: FingerprintOption,
        name: str | None,
        on_lost: Callable[[LicetProblem], None] | None,
    ) -> None:
        self._seats = seats
        self._target = (key, fingerprint, name)
        self._on_lost = on_lost
        self._lost: LicetProblem | None = None
        self._timed = seats._acquire(key, fingerprint, name)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="licet-seat", daemon=True)
        self._thread.start()

    @property
    def seat(self) -> Seat:
        """The seat as it was renewed last."""
        return self._timed.seat

    @property
    def lost(self) -> LicetProblem | None:
        """Why the server no longer grants a seat; None as long as it does."""
        return self._lost

    def release(self) -> None:
        """Ends the renewals and gives the seat back, which lapses if the server does not answer."""
        with self._lock:
            if self._stop.is_set():
                return
            self._stop.set()
        # A renewal that arrives after the release would acquire the seat again.
        if threading.current_thread() is not self._thread:
            self._thread.join()
        if self._lost is not None:
            return
        try:
            self._seats._release(self.seat.id, self._target[0], 1)
        except LicetError as error:
            self._seats._core.report(error)

    def __enter__(self) -> SeatHold:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _run(self) -> None:
        delay = self._timed.lease_seconds * _RENEW_AFTER
        while not self._stop.wait(min(max(delay, _DELAY_MIN), _DELAY_MAX)):
            delay = self._timed.lease_seconds * _RETRY_AFTER
            try:
                self._timed = self._renew_or_acquire()
                delay = self._timed.lease_seconds * _RENEW_AFTER
            except LicetProblem as problem:
                self._seats._core.report(problem)
                self._lose(problem)
                return
            except Exception as error:
                self._seats._core.report(error)

    def _renew_or_acquire(self) -> _TimedSeat:
        key, fingerprint, name = self._target
        try:
            return self._seats._renew(self.seat.id, key, fingerprint, 1)
        except LicetProblem as problem:
            # The seat was removed by hand, or a backup of the server was restored.
            if problem.code != "SEAT_NOT_FOUND":
                raise
            return self._seats._acquire(key, fingerprint, name)

    def _lose(self, problem: LicetProblem) -> None:
        self._lost = problem
        if self._on_lost is None:
            return
        try:
            self._on_lost(problem)
        except Exception as error:
            self._seats._core.report(error)
