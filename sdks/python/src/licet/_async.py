from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from ._client import Activation, Licet, OfflineRequest
from ._core import FingerprintOption
from ._errors import LicetProblem
from ._http import Transport
from ._seats import Seat, SeatHold, Seats
from ._state import State, Verdict
from ._store import Store

Result = TypeVar("Result")

_THREADS_MAX = 32


class Threads:
    """Runs blocking calls in threads, so that an event loop goes on."""

    def __init__(self) -> None:
        self._pid = 0
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        # Threads do not survive a fork.
        if self._executor is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._executor = ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="licet")
        return self._executor.submit(call)

    async def run(self, call: Callable[[], Result]) -> Result:
        return await asyncio.wrap_future(self.submit(call))


class AsyncLicet:
    """``Licet`` for asyncio. Its calls run in threads of their own, and never block the event loop.

    To cancel a call ends the wait of its caller.
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
        self._licet = Licet(
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
        self._threads = Threads()
        self.seats = AsyncSeats(self._licet.seats, self._threads)

    verify = staticmethod(Licet.verify)

    async def check(
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
        """See ``Licet.check``."""
        call = partial(
            self._licet.check,
            key=key,
            domain=domain,
            fingerprint=fingerprint,
            features=features,
            fresh=fresh,
            name=name,
            version=version,
        )
        return await self._threads.run(call)

    async def wait_idle(self, timeout: float | None = None) -> bool:
        """See ``Licet.wait_idle``."""
        return await self._threads.run(partial(self._licet.wait_idle, timeout))

    async def validate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        version: str | None = None,
    ) -> Verdict:
        """See ``Licet.validate``."""
        call = partial(
            self._licet.validate,
            key=key,
            domain=domain,
            fingerprint=fingerprint,
            name=name,
            version=version,
        )
        return await self._threads.run(call)

    async def activate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
    ) -> Activation:
        """See ``Licet.activate``."""
        call = partial(
            self._licet.activate, key=key, domain=domain, fingerprint=fingerprint, name=name
        )
        return await self._threads.run(call)

    async def deactivate(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
    ) -> Activation:
        """See ``Licet.deactivate``."""
        call = partial(self._licet.deactivate, key=key, domain=domain, fingerprint=fingerprint)
        return await self._threads.run(call)

    async def import_file(
        self,
        text: str,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        features: str | Iterable[str] = (),
    ) -> State:
        """See ``Licet.import_file``."""
        call = partial(
            self._licet.import_file,
            text,
            key=key,
            domain=domain,
            fingerprint=fingerprint,
            features=features,
        )
        return await self._threads.run(call)

    async def import_revocations(
        self,
        text: str,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
        features: str | Iterable[str] = (),
    ) -> State:
        """See ``Licet.import_revocations``."""
        call = partial(
            self._licet.import_revocations,
            text,
            key=key,
            domain=domain,
            fingerprint=fingerprint,
            features=features,
        )
        return await self._threads.run(call)

    async def create_offline_request(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
    ) -> OfflineRequest:
        """See ``Licet.create_offline_request``."""
        call = partial(
            self._licet.create_offline_request, key=key, fingerprint=fingerprint, name=name
        )
        return await self._threads.run(call)

    async def return_file(
        self,
        *,
        key: str | None = None,
        domain: str | None = None,
        fingerprint: FingerprintOption = None,
    ) -> str:
        """See ``Licet.return_file``."""
        call = partial(self._licet.return_file, key=key, domain=domain, fingerprint=fingerprint)
        return await self._threads.run(call)


class AsyncSeats:
    """Floating seats, which many devices share."""

    def __init__(self, seats: Seats, threads: Threads) -> None:
        self._seats = seats
        self._threads = threads

    async def acquire(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        borrow_days: int | None = None,
    ) -> Seat:
        """See ``Seats.acquire``."""
        call = partial(
            self._seats.acquire,
            key=key,
            fingerprint=fingerprint,
            name=name,
            borrow_days=borrow_days,
        )
        return await self._threads.run(call)

    async def renew(
        self, id: str, *, key: str | None = None, fingerprint: FingerprintOption = None
    ) -> Seat:
        """See ``Seats.renew``."""
        return await self._threads.run(
            partial(self._seats.renew, id, key=key, fingerprint=fingerprint)
        )

    async def release(self, id: str, *, key: str | None = None) -> None:
        """See ``Seats.release``."""
        await self._threads.run(partial(self._seats.release, id, key=key))

    @asynccontextmanager
    async def hold(
        self,
        *,
        key: str | None = None,
        fingerprint: FingerprintOption = None,
        name: str | None = None,
        on_lost: Callable[[LicetProblem], None] | None = None,
    ) -> AsyncIterator[SeatHold]:
        """Acquires a seat that renews itself: ``async with licet.seats.hold() as hold:``.

        If the server no longer grants it, ``on_lost`` is called in the event loop.
        """
        loop = asyncio.get_running_loop()

        def tell(problem: LicetProblem) -> None:
            if on_lost is not None:
                loop.call_soon_threadsafe(on_lost, problem)

        call = partial(self._seats.hold, key=key, fingerprint=fingerprint, name=name, on_lost=tell)
        future = self._threads.submit(call)
        try:
            hold = await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(_release)
            raise
        try:
            yield hold
        finally:
            await asyncio.shield(self._threads.run(hold.release))


def _release(future: Future[SeatHold]) -> None:
    """Gives a seat back whose caller has not waited for it."""
    if not future.cancelled() and future.exception() is None:
        future.result().release()
