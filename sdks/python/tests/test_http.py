"""Plays the scenarios of http.json with both clients."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest

from licet import AsyncLicet, Licet, LicetProblem, NoAnswer, Store
from licet.admin import AsyncLicetAdmin, LicetAdmin

from .fixture import read_log, run_fixture
from .vectors import assert_matches, describe_license, describe_state, format_time, read_vectors

vectors = read_vectors("http.json")
SEAT = "seat_01kf0000000000000000000003"
ORDER = {"plan": "professional", "customer_email": "dev@example.com"}


@pytest.fixture
def create_store(request: pytest.FixtureRequest) -> Callable[[], Store]:
    module, _, name = request.config.getoption("--store").partition(":")
    create: Callable[[], Store] = getattr(import_module(module), name)
    return create


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_fixture() as url:
        yield url


def _title(scenario: Any, kind: str) -> str:
    return f"http.json, {scenario['id']}: {scenario['description']}{kind}"


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        pytest.param(scenario, kind, id=_title(scenario, kind))
        for kind in ("", " (asyncio)")
        for scenario in vectors["scenarios"]
    ],
)
def test_scenario(server: str, create_store: Callable[[], Store], scenario: Any, kind: str) -> None:
    url = f"{server}/s/{quote(scenario['id'], safe='')}/{uuid.uuid4()}"
    store = create_store()
    build = _AsyncPlayer if kind else _SyncPlayer
    player = build(url, scenario["client"], store)
    for step in scenario["steps"]:
        if step.get("client") == "empty":
            store = create_store()
        if "client" in step:
            player = build(url, scenario["client"], store)
        _play_step(player, step)
        while len(read_log(url)) < step.get("thenRequests", 0):
            time.sleep(0.01)
        player.wait_idle()
    _check_requests(read_log(url), scenario["requests"])


class _Player:
    def __init__(self, url: str, client: dict[str, Any], store: Store) -> None:
        self.url = url
        self.problems: list[Exception] = []
        self.fingerprint = client["fingerprint"]
        self.options: dict[str, Any] = {
            "key": client["key"],
            "product": client["product"],
            "public_keys": vectors["publicKeys"] if client["pinned"] else (),
            "store": store,
            "timeout": client["timeoutMs"] / 1000,
            "on_problem": self.problems.append,
        }

    def run(self, step: dict[str, Any], times: int) -> list[dict[str, Any]]:
        raise NotImplementedError

    def wait_idle(self) -> None:
        raise NotImplementedError


class _SyncPlayer(_Player):
    def __init__(self, url: str, client: dict[str, Any], store: Store) -> None:
        super().__init__(url, client, store)
        self.licet = Licet(url, "com.example.conformance", **self.options)

    def run(self, step: dict[str, Any], times: int) -> list[dict[str, Any]]:
        call = _find_calls(self.licet, LicetAdmin(self.url, "licet_fake"), self.fingerprint)

        together = Barrier(times)

        def run_once(_: int) -> dict[str, Any]:
            together.wait()
            try:
                return _describe(call[step["call"]](**step.get("with", {})))
            except (NoAnswer, LicetProblem) as error:
                return _describe_error(error)

        with ThreadPoolExecutor(times) as threads:
            return list(threads.map(run_once, range(times)))

    def wait_idle(self) -> None:
        assert self.licet.wait_idle(20)


class _AsyncPlayer(_Player):
    def __init__(self, url: str, client: dict[str, Any], store: Store) -> None:
        super().__init__(url, client, store)
        self.licet = AsyncLicet(url, "com.example.conformance", **self.options)

    def run(self, step: dict[str, Any], times: int) -> list[dict[str, Any]]:
        call = _find_calls(self.licet, AsyncLicetAdmin(self.url, "licet_fake"), self.fingerprint)

        async def run_once() -> dict[str, Any]:
            try:
                result: Awaitable[Any] = call[step["call"]](**step.get("with", {}))
                return _describe(await result)
            except (NoAnswer, LicetProblem) as error:
                return _describe_error(error)

        async def run_all() -> list[dict[str, Any]]:
            return await asyncio.gather(*(run_once() for _ in range(times)))

        return asyncio.run(run_all())

    def wait_idle(self) -> None:
        assert asyncio.run(self.licet.wait_idle(20))


def _find_calls(licet: Any, admin: Any, fingerprint: str) -> dict[str, Callable[..., Any]]:
    """Both clients have the same calls. The asynchronous ones return what to await."""
    return {
        "check": lambda **options: licet.check(fingerprint=fingerprint, **options),
        "validate": lambda: licet.validate(fingerprint=fingerprint),
        "activate": lambda: licet.activate(fingerprint=fingerprint),
        "deactivate": lambda: licet.deactivate(fingerprint=fingerprint),
        "seats.acquire": lambda: licet.seats.acquire(fingerprint=fingerprint),
        "seats.renew": lambda: licet.seats.renew(SEAT),
        "seats.release": lambda: licet.seats.release(SEAT),
        "admin.licenses.create": lambda: admin.licenses.create(**ORDER),
    }


def _describe(result: Any) -> dict[str, Any]:
    kind = type(result).__name__
    if kind == "State":
        return {"state": describe_state(result)}
    if kind == "Verdict":
        license = describe_license(result.license)
        return {"verdict": {"valid": result.valid, "error": result.error, "license": license}}
    if kind == "Seat":
        return {"id": result.id, "expiresAt": format_time(result.expires_at)}
    if kind == "Activation":
        return {"id": result.id}
    return dict(result) if isinstance(result, dict) else {"ok": True}


def _describe_error(error: NoAnswer | LicetProblem) -> dict[str, Any]:
    if isinstance(error, NoAnswer):
        return {"throws": "NoAnswer"}
    status, code, details = error.status, error.code, dict(error.details)
    return {"throws": "ApiProblem", "status": status, "code": code, "details": details}


def _play_step(player: _Player, step: dict[str, Any]) -> None:
    started = time.monotonic()
    results = player.run(step, step.get("times", 1))
    duration = time.monotonic() - started
    for result in results:
        assert_matches(result, step["expected"])
    assert duration * 1000 <= step.get("withinMs", 60_000)
    if "problem" in step:
        assert step["problem"] in [getattr(each, "code", None) for each in player.problems]


def _check_requests(log: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert expected["min"] <= len(log) <= expected["max"]
    if "paths" in expected:
        assert [each["path"] for each in log] == expected["paths"]
    for index, gap in enumerate(expected.get("gapsMs", [])):
        assert log[index + 1]["atMs"] - log[index]["atMs"] >= gap
    bodies = [json.loads(each["body"]) for each in log]
    for body in bodies:
        assert set(expected.get("has", [])) <= set(body)
        assert set(expected.get("hasNot", [])).isdisjoint(body)
    if "distinctMember" in expected:
        assert len({body[expected["distinctMember"]] for body in bodies}) == len(log)
    if "sameHeader" in expected:
        assert len({each["headers"][expected["sameHeader"]] for each in log}) == 1
