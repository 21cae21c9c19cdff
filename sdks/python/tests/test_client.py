from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from licet import (
    FileStore,
    HttpRequest,
    HttpResponse,
    HttpTransport,
    Licet,
    LicetProblem,
    MemoryStore,
    NoAnswer,
    TokenError,
    fingerprint,
)

from .signing_server import DAY, Reply, Seen, SigningServer

KEY = "TO-04HM-ASW9-NF6Y-Y0CN"
REVOKED = {"valid": False, "error": "LICENSE_REVOKED", "message": "It has been revoked."}


@pytest.fixture
def server() -> Iterator[SigningServer]:
    with SigningServer() as server:
        yield server


def create(server: SigningServer, **options: Any) -> Licet:
    given = {
        "key": KEY,
        "public_keys": [server.public_key],
        "store": MemoryStore(),
        "fingerprint": "device-1",
        "timeout": 5.0,
    }
    return Licet(server.url, "com.example.editor", **{**given, **options})


def _refuse(_: HttpRequest) -> HttpResponse:
    raise ConnectionRefusedError


def test_an_app_that_restarts_during_an_outage_stays_licensed(server: SigningServer) -> None:
    store = MemoryStore()
    create(server, store=store).check()
    server.stop()
    state = create(server, store=store).check()
    assert (state.status, state.source) == ("licensed", "lease")
    assert create(server, store=store).check(fresh=True).status == "licensed"


def test_a_revoked_license_stays_refused_through_an_outage_and_a_restart(
    server: SigningServer,
) -> None:
    store = MemoryStore()
    create(server, store=store, public_keys=[]).check()
    server.reply = lambda _: Reply(200, REVOKED)
    assert create(server, store=store, public_keys=[]).check(fresh=True).status == "refused"
    server.stop()
    state = create(server, store=store, public_keys=[]).check()
    assert (state.status, state.code) == ("refused", "LICENSE_REVOKED")


def test_a_fake_server_that_says_valid_fools_no_app_with_pinned_keys(server: SigningServer) -> None:
    with SigningServer() as fake:
        problems: list[Exception] = []
        licet = create(fake, public_keys=[server.public_key], on_problem=problems.append)
        assert licet.check().code == "NO_ANSWER"
        assert "KEY_UNKNOWN" in str(problems[0])
        for call in (licet.activate, licet.seats.hold, licet.seats.acquire):
            with pytest.raises(NoAnswer) as caught:
                call()
            assert caught.value.reason == "signature"


def test_a_clock_that_was_set_back_gains_no_time_beyond_the_lease(server: SigningServer) -> None:
    now = [time.time()]
    licet = create(server, clock=lambda: now[0])
    licet.check()
    server.stop()
    now[0] += 29 * DAY
    assert licet.check().status == "grace"
    now[0] -= 28 * DAY
    state = licet.check()
    assert (state.status, state.warnings) == ("grace", ("CLOCK_BEHIND",))
    now[0] += 30 * DAY
    licet.wait_idle()
    assert licet.check().code == "LEASE_EXPIRED"


def test_checks_at_the_same_time_with_different_features_make_one_request(
    server: SigningServer,
) -> None:
    licet = create(server)
    states: dict[str, str] = {}

    def check(feature: str) -> None:
        states[feature] = licet.check(features=[feature]).status

    threads = [threading.Thread(target=check, args=(name,)) for name in ("sso", "audit")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == {"sso": "licensed", "audit": "refused"}
    assert len(server.requests) == 1


def test_a_single_feature_can_be_a_text(server: SigningServer) -> None:
    licet = create(server)
    assert licet.check(features="sso").allowed
    assert licet.check(features="audit").code == "FEATURE_NOT_INCLUDED"


def test_a_check_without_a_key_asks_nothing_and_says_that_there_is_no_key(
    server: SigningServer,
) -> None:
    state = create(server, key="  ").check()
    assert (state.code, state.message) == ("NO_ANSWER", "There is no license key yet.")
    assert server.requests == []


def test_a_refresh_that_is_due_is_made_in_the_background_and_the_check_does_not_wait(
    server: SigningServer,
) -> None:
    now, store = [time.time()], MemoryStore()
    create(server, store=store, clock=lambda: now[0]).check()
    now[0] += 1.5 * DAY
    licet = create(server, store=store, clock=lambda: now[0])
    assert [licet.check().source for _ in range(2)] == ["lease", "lease"]
    licet.wait_idle()
    # The clock is still ahead, so another refresh is due, but it waits for a minute.
    licet.check()
    licet.wait_idle()
    assert len(server.requests) == 2


def test_a_background_refresh_that_fails_is_reported_and_changes_nothing(
    server: SigningServer,
) -> None:
    now = [time.time()]
    problems: list[Exception] = []
    licet = create(server, clock=lambda: now[0], on_problem=problems.append)
    licet.check()
    server.stop()
    now[0] += 2 * DAY
    assert licet.check().source == "lease"
    assert licet.wait_idle()
    assert [type(problem) for problem in problems] == [NoAnswer]
    assert licet.check().status == "licensed"


def test_a_short_run_finishes_its_refresh_before_the_interpreter_exits(
    server: SigningServer, tmp_path: Path
) -> None:
    program = (
        "import os, sys, time; from licet import Licet\n"
        "ahead = float(sys.argv[1])\n"
        "licet = Licet(os.environ['URL'], 'a', key='TO-04HM-ASW9-NF6Y-Y0CN', timeout=20,\n"
        "    public_keys=[os.environ['KEY']], clock=lambda: time.time() + ahead)\n"
        "print(licet.check().source)\n"
    )
    source = Path(__file__).parents[1] / "src"
    environment = {
        **os.environ,
        "URL": server.url,
        "KEY": server.public_key,
        "XDG_CONFIG_HOME": str(tmp_path),
        "LICET_FINGERPRINT": "device-1",
        "PYTHONPATH": str(source),
    }

    def run(ahead: int) -> str:
        command = [sys.executable, "-c", program, str(ahead)]
        return subprocess.check_output(command, env=environment, text=True, timeout=60).strip()

    assert [run(0), run(2 * DAY)] == ["server", "lease"]
    assert len(server.requests) == 2


def test_a_key_is_sent_as_it_is_written_however_it_was_pasted(server: SigningServer) -> None:
    create(server, key=" to04hm asw9 nf6y yocn\n", fingerprint=None).check(fingerprint="device-2")
    body = server.requests[0].body
    assert len(body.pop("nonce")) == 22
    assert body == {"key": KEY, "fingerprint": "device-2", "lease": True}
    assert server.requests[0].headers["user-agent"] == "licet-python/0.1.0"


def test_a_check_of_a_site_names_the_site_and_no_device(server: SigningServer) -> None:
    licet = create(server, public_keys=[], product="editor", fingerprint=None)
    licet.check(domain="example.com")
    expected = {"key": KEY, "product": "editor", "domain": "example.com"}
    assert server.requests[0].body == expected


def test_false_names_no_device(server: SigningServer) -> None:
    create(server, public_keys=[], fingerprint=None).check(fingerprint=False)
    assert server.requests[0].body == {"key": KEY}


def test_a_transport_replaces_the_standard_library(server: SigningServer) -> None:
    seen: list[str] = []

    def transport(request: HttpRequest) -> HttpResponse:
        seen.append(request.url)
        url = request.url.replace("https://licenses.example.com", server.url)
        real = HttpRequest(request.method, url, request.headers, request.body, request.timeout)
        return HttpTransport()(real)

    options: dict[str, Any] = {"transport": transport, "store": MemoryStore()}
    keys = [server.public_key]
    url = "https://licenses.example.com/tenant/"
    licet = Licet(url, "a", key=KEY, public_keys=keys, fingerprint="device-1", **options)
    assert licet.check().status == "licensed"
    assert seen == ["https://licenses.example.com/tenant/api/v1/validate"]


def test_a_proxy_gets_the_requests(server: SigningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    transport = HttpTransport(proxy=server.url)
    licet = Licet("http://licenses.example.com", "a", key=KEY, transport=transport, fingerprint="x")
    licet.validate()
    assert server.requests[0].path == "http://licenses.example.com/api/v1/validate"
    assert server.requests[0].headers["host"] == "licenses.example.com"


@pytest.mark.parametrize("error", [ValueError("mistake"), OSError("reset"), KeyError("x")])
def test_a_transport_that_fails_is_no_answer(server: SigningServer, error: Exception) -> None:
    def transport(_: HttpRequest) -> HttpResponse:
        raise error

    licet = create(server, transport=transport)
    assert licet.check().code == "NO_ANSWER"
    with pytest.raises(NoAnswer) as caught:
        licet.validate()
    assert caught.value.__cause__ is error


def test_a_transport_that_ignores_its_timeout_cannot_hold_up_a_check(server: SigningServer) -> None:
    forever = threading.Event()

    def transport(_: HttpRequest) -> HttpResponse:
        forever.wait(20)
        return HttpResponse(200, {}, b"")

    started = time.monotonic()
    assert create(server, transport=transport, timeout=0.01).check().code == "NO_ANSWER"
    assert time.monotonic() - started < 10
    forever.set()


def test_a_store_that_fails_stops_no_check(server: SigningServer) -> None:
    class Broken:
        def get(self, name: str, /) -> str | None:
            raise OSError(f"no disk for {name}")

        def put(self, name: str, text: str, /) -> None:
            raise OSError(f"no disk for {name}: {text}")

        def delete(self, name: str, /) -> None:
            raise OSError(f"no disk for {name}")

    problems: list[Exception] = []
    licet = create(server, store=Broken(), on_problem=problems.append)
    assert licet.check().source == "server"
    server.stop()
    assert licet.check().source == "lease"
    assert "no disk" in str(problems)


def test_a_store_with_something_else_than_texts_counts_as_empty(server: SigningServer) -> None:
    store: Any = MemoryStore()
    licet = create(server, store=store)
    licet.check()
    store._texts = {name: {"v": 1} for name in store._texts}
    assert licet.check().source == "server"


def test_a_callback_for_problems_may_check_the_license(server: SigningServer) -> None:
    class Broken(MemoryStore):
        def put(self, name: str, text: str, /) -> None:
            raise OSError(f"no disk for {name}: {text}")

    states: list[bool] = []

    def check_again(_: Exception) -> None:
        if not states:
            states.append(False)
            states.append(licet.check().allowed)

    licet = create(server, store=Broken(), on_problem=check_again)
    assert licet.check().allowed
    assert len(states) == 2


def test_a_state_is_true_if_it_is_allowed(server: SigningServer) -> None:
    licet = create(server)
    assert bool(licet.check()) is True
    assert bool(licet.check(features="audit")) is False
    assert bool(create(server, transport=_refuse).check()) is False


def test_a_check_without_a_free_thread_is_decided_by_the_record(
    server: SigningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    licet = create(server)
    licet.check()
    monkeypatch.setattr(threading.Thread, "start", fail)
    assert licet.check(fresh=True).source == "lease"


def test_a_mistake_in_the_callback_for_problems_does_not_stop_a_check(
    server: SigningServer,
) -> None:
    def fail(_: Exception) -> None:
        raise RuntimeError("The log is full.")

    server.reply = lambda _: Reply(422, {"code": "validation_failed", "detail": "A field."})
    assert create(server, on_problem=fail).check().code == "NO_ANSWER"


def test_a_damaged_record_counts_as_empty(server: SigningServer, tmp_path: Path) -> None:
    licet = create(server, store=FileStore(tmp_path))
    licet.check()
    (path,) = tmp_path.glob("licet-*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    for damage in ("", "{", "[]", "[" * 100_000, '{"v":1,"lease":7,"floor":-1}'):
        path.write_text(damage)
        server.requests.clear()
        assert licet.check().source == "server"
        assert len(server.requests) == 1


def test_the_hash_of_the_machine_id_is_the_same_for_two_clients(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    first, second = fingerprint("com.example.a", store), fingerprint("com.example.a", store)
    assert first == second
    assert fingerprint("com.example.b", store) != first
    with pytest.raises(ValueError, match="app_id"):
        fingerprint("../other")


def test_a_validation_returns_a_refusal_and_raises_without_an_answer(server: SigningServer) -> None:
    licet = create(server, public_keys=[])
    server.reply = lambda _: Reply(200, {**REVOKED, "details": {"since": 2027}})
    verdict = licet.validate()
    assert (verdict.valid, verdict.error, verdict.details) == (
        False,
        "LICENSE_REVOKED",
        {"since": 2027},
    )
    server.reply = lambda _: Reply(200, {})
    with pytest.raises(NoAnswer):
        licet.validate()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "licenses.example.com"},
        {"url": "ftp://licenses.example.com"},
        {"url": "https://user:pass@licenses.example.com"},
        {"url": "https://licenses.example.com:x"},
        {"url": "https://licenses.example.com/\r\nx"},
        {"app_id": ""},
        {"app_id": "../other"},
        {"public_keys": ["not a key"]},
        {"public_keys": ["AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]},
        {"timeout": 0},
        {"refresh": timedelta(0)},
    ],
    ids=str,
)
def test_options_that_cannot_work_are_rejected_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"url|app_id|public_keys|timeout|refresh"):
        Licet(**{"url": "https://licenses.example.com", "app_id": "a", **wrong})


def test_pinned_keys_need_cryptography_and_the_error_says_how_to_install_it(
    server: SigningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ImportError, match=r"licet\[offline\]"):
        create(server)
    assert create(server, public_keys=[]).check().source == "server"


@pytest.mark.parametrize("call", ["validate", "activate", "deactivate", "create_offline_request"])
def test_a_call_that_needs_a_license_key_says_so(call: str) -> None:
    licet = Licet("http://localhost", "a", store=MemoryStore(), fingerprint="x")
    with pytest.raises(ValueError, match="license key"):
        getattr(licet, call)()


def test_an_answer_may_be_used_without_end_if_the_app_says_so(server: SigningServer) -> None:
    licet = create(server, public_keys=[], hard_limit=timedelta.max)
    end = licet.check().valid_until
    assert end == datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)


def test_a_problem_with_members_of_wrong_types_is_still_a_problem(server: SigningServer) -> None:
    body = {"code": "validation_failed", "detail": 7, "errors": [None, {"pointer": "/key"}]}
    server.reply = lambda _: Reply(422, {**body, "details": []})
    with pytest.raises(LicetProblem) as caught:
        create(server).validate()
    problem = pickle.loads(pickle.dumps(caught.value))
    assert (problem.status, problem.code, problem.errors) == (422, "validation_failed", ())
    assert problem.detail == "The server answered with status 422."


def test_a_license_file_is_imported_and_returned_and_not_imported_again(
    server: SigningServer,
) -> None:
    store = MemoryStore()
    licet = create(server, store=store, key=None)
    file = server.sign_file()
    state = licet.import_file(f"\n{file}\n", features=["sso"])
    assert (state.status, state.source) == ("licensed", "file")
    assert licet.check().source == "file"
    assert len(licet.return_file()) == 11
    assert create(server, store=store, key=None).check().code == "FILE_RETURNED"
    assert licet.import_file(file).code == "FILE_RETURNED"


def test_only_a_license_file_can_be_returned(server: SigningServer) -> None:
    licet = create(server)
    licet.check()
    with pytest.raises(TokenError, match="MALFORMED"):
        licet.return_file()


def test_an_imported_feed_voids_a_license_file(server: SigningServer) -> None:
    licet = create(server, key=None)
    licet.import_file(server.sign_file())
    state = licet.import_revocations(server.sign_feed([("lic_1", int(time.time()) + 60)]))
    assert (state.status, state.code) == ("refused", "LICENSE_REVOKED")


def test_a_file_is_verified_without_a_client(server: SigningServer) -> None:
    keys, file = [server.public_key], server.sign_file()
    assert Licet.verify(file, keys).status == "licensed"
    assert Licet.verify(file, keys, features="audit").code == "FEATURE_NOT_INCLUDED"
    assert Licet.verify(file, keys, product="viewer").code == "PRODUCT_MISMATCH"
    assert Licet.verify(file[:-4], keys).code == "MALFORMED"
    assert Licet.verify(file, keys, now=time.time() + 400 * DAY).code == "FILE_EXPIRED"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_held_seat_renews_itself_through_an_outage_and_is_given_back(
    server: SigningServer,
) -> None:
    problems: list[Exception] = []
    licet = create(server, on_problem=problems.append)
    with licet.seats.hold() as hold:
        first = hold.seat.expires_at
        forged = {"id": "seat_1", "expires_at": "2199-12-31T23:59:59Z"}
        server.reply = lambda _: Reply(200, forged)
        wait_for(lambda: len(problems) >= 2)
        assert all(isinstance(problem, NoAnswer) for problem in problems)
        assert hold.seat.expires_at == first
        assert hold.lost is None
        server.reply = lambda _: None
        wait_for(lambda: hold.seat.expires_at > first)
    assert server.paths[-1] == "release"
    hold.release()
    assert server.paths.count("release") == 1


def test_a_seat_that_is_unknown_is_acquired_again_and_a_refusal_ends_the_hold(
    server: SigningServer,
) -> None:
    lost: list[LicetProblem] = []
    hold = create(server).seats.hold(on_lost=lost.append)

    def forget(seen: Seen) -> Reply | None:
        is_renewal = seen.path.endswith("renew")
        return Reply(404, {"code": "SEAT_NOT_FOUND", "detail": "Gone."}) if is_renewal else None

    server.reply = forget
    wait_for(lambda: server.paths.count("acquire") == 2)
    server.reply = lambda _: Reply(409, {"code": "SEAT_LIMIT_REACHED", "detail": "All in use."})
    wait_for(lambda: bool(lost))
    assert hold.lost is lost[0]
    assert lost[0].code == "SEAT_LIMIT_REACHED"
    hold.release()
    assert "release" not in server.paths


def test_only_a_borrowed_seat_brings_a_lease(server: SigningServer) -> None:
    licet = create(server)
    licet.seats.acquire()
    assert "lease" not in server.requests[0].body
    licet.seats.acquire(borrow_days=3)
    body = server.requests[1].body
    assert (body["lease"], body["borrow_days"]) == (True, 3)
    server.stop()
    assert licet.check().source == "lease"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_client_works_in_a_process_that_was_forked_during_a_check(server: SigningServer) -> None:
    gate = threading.Event()

    def wait(_: Seen) -> None:
        gate.wait(20)

    licet = create(server, timeout=30)
    server.reply = wait
    thread = threading.Thread(target=licet.check)
    thread.start()
    wait_for(lambda: len(server.requests) == 1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"1" if licet.wait_idle(5) else b"0")
        os._exit(0)
    gate.set()
    thread.join()
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"1"
    os.close(read)
    os.close(write)
