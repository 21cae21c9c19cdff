from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from licet import AsyncLicet, Licet, LicetProblem, MemoryStore, NoAnswer, Seats
from licet._async import AsyncSeats
from licet.admin import AsyncLicetAdmin, LicetAdmin

from .signing_server import Reply, Seen, SigningServer


@pytest.fixture
def server() -> Iterator[SigningServer]:
    with SigningServer() as server:
        yield server


def create(server: SigningServer, **options: Any) -> AsyncLicet:
    given = {
        "key": "TO-04HM-ASW9-NF6Y-Y0CN",
        "public_keys": [server.public_key],
        "store": MemoryStore(),
        "fingerprint": "device-1",
        "timeout": 20.0,
    }
    return AsyncLicet(server.url, "com.example.editor", **{**given, **options})


def test_both_clients_have_the_same_calls() -> None:
    for first, second in ((Licet, AsyncLicet), (Seats, AsyncSeats), (LicetAdmin, AsyncLicetAdmin)):
        names = {name for name in dir(first) if not name.startswith("_")}
        assert names == {name for name in dir(second) if not name.startswith("_")}


def test_a_call_does_not_block_the_event_loop(server: SigningServer) -> None:
    gate = threading.Event()

    def wait(_: Seen) -> None:
        gate.wait(20)

    server.reply = wait

    async def run() -> str:
        check = asyncio.ensure_future(create(server).check())
        while not server.requests:
            await asyncio.sleep(0.005)
        assert not check.done()
        gate.set()
        return (await check).status

    assert asyncio.run(run()) == "licensed"


def test_to_cancel_a_check_ends_the_wait_of_its_caller(server: SigningServer) -> None:
    gate = threading.Event()

    def wait(_: Seen) -> None:
        gate.wait(20)

    server.reply = wait
    licet = create(server)

    async def run() -> str:
        canceled = asyncio.ensure_future(licet.check())
        patient = asyncio.ensure_future(licet.check())
        while not server.requests:
            await asyncio.sleep(0.005)
        canceled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await canceled
        gate.set()
        return (await patient).status

    assert asyncio.run(run()) == "licensed"
    assert len(server.requests) == 1


def test_a_seat_is_held_in_a_block_and_then_given_back(server: SigningServer) -> None:
    async def run() -> None:
        async with create(server).seats.hold() as hold:
            assert hold.seat.id == "seat_1"
            while "renew" not in server.paths:
                await asyncio.sleep(0.005)

    asyncio.run(run())
    assert server.paths[-1] == "release"


def test_the_loss_of_a_seat_is_told_in_the_event_loop(server: SigningServer) -> None:
    async def run() -> LicetProblem:
        loop = asyncio.get_running_loop()
        lost: asyncio.Future[LicetProblem] = loop.create_future()
        async with create(server).seats.hold(on_lost=lost.set_result):
            server.reply = lambda _: Reply(409, {"code": "SEAT_LIMIT_REACHED"})
            return await asyncio.wait_for(lost, 20)

    assert asyncio.run(run()).code == "SEAT_LIMIT_REACHED"
    assert "release" not in server.paths


def test_a_seat_whose_caller_was_canceled_is_given_back(server: SigningServer) -> None:
    gate = threading.Event()

    def wait(_: Seen) -> None:
        gate.wait(20)

    server.reply = wait
    licet = create(server)

    async def hold() -> None:
        async with licet.seats.hold():
            raise AssertionError("It was canceled before.")

    async def run() -> None:
        task = asyncio.ensure_future(hold())
        while not server.requests:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()

    asyncio.run(run())
    deadline = time.monotonic() + 20
    while "release" not in server.paths:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_error_is_raised_where_the_call_is_awaited(server: SigningServer) -> None:
    server.stop()

    async def run() -> None:
        with pytest.raises(NoAnswer):
            await create(server, timeout=0.2).validate()

    asyncio.run(run())
