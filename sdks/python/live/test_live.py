"""Uses the installed package with a running server: LICET_URL, with the API key LICET_TOKEN."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from licet import AsyncLicet, Licet, LicetProblem, MemoryStore, State
from licet.admin import AsyncLicetAdmin, Json, LicetAdmin

FOLDER = Path(__file__).parents[1]
URL, TOKEN = os.environ["LICET_URL"], os.environ["LICET_TOKEN"]
NOWHERE = "http://127.0.0.1:9"
STRANGER = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
# Each run has products of its own, so that several can use one server.
RUN = f"py{uuid.uuid4().hex[:6]}"

admin = LicetAdmin(URL, TOKEN)


@pytest.fixture(scope="session")
def plan() -> str:
    admin.products.create(slug=RUN, name="Editor", key_prefix=RUN.upper())
    created = admin.plans.create(
        slug=f"{RUN}-pro",
        product=RUN,
        name="Pro",
        features={"sso": True},
        max_domains=3,
        max_devices=2,
        max_seats=1,
        offline={"refresh_days": 1, "valid_days": 7, "hard_days": 30, "file_days": 365},
    )
    return str(created["slug"])


@pytest.fixture(scope="session")
def public_keys() -> list[str]:
    """An app has them in its code, and never fetches them."""
    keys = admin.request("GET", "/.well-known/licet/jwks.json")["keys"]
    return [key["x"] for key in keys]


def issue(plan: str, **fields: Any) -> Json:
    return admin.licenses.create(plan=plan, customer_email="dev@example.com", **fields)


def start_device(key: str, public_keys: list[str], device: str, **options: Any) -> Licet:
    """Returns a client on a device of its own, which remembers nothing."""
    given = {"url": URL, "app_id": "live", "store": MemoryStore(), "fingerprint": device}
    return Licet(**{**given, "key": key, "public_keys": public_keys, **options})


def summarize(state: State) -> tuple[str, str, str | None]:
    return state.status, state.source, state.code


def test_a_license_is_confirmed_and_valid_while_the_server_is_away(
    plan: str, public_keys: list[str]
) -> None:
    store, domain = MemoryStore(), "https://shop.example.com/cart"
    key = issue(plan)["key"]
    options: dict[str, Any] = {"store": store, "fingerprint": None}
    online = start_device(key, public_keys, "", **options).check(domain=domain)
    assert online.license is not None
    assert (*summarize(online), online.license.plan) == ("licensed", "server", None, plan)
    away = start_device(key, public_keys, "", url=NOWHERE, **options)
    assert summarize(away.check(domain=domain, features="sso")) == ("licensed", "lease", None)
    assert away.check(domain=domain, fresh=True).source == "lease"
    assert away.check(domain=domain, features="audit").code == "FEATURE_NOT_INCLUDED"
    elsewhere = away.check(domain="shop.example.com.attacker.example")
    assert summarize(elsewhere) == ("unknown", "none", "NO_ANSWER")


def test_a_refusal_is_stored_and_outlives_the_next_outage(
    plan: str, public_keys: list[str]
) -> None:
    license, store = issue(plan), MemoryStore()
    admin.licenses.suspend(license["id"], reason="payment failed")
    refused = start_device(license["key"], public_keys, "refused", store=store).check()
    assert summarize(refused) == ("refused", "server", "LICENSE_SUSPENDED")
    away = start_device(license["key"], public_keys, "refused", store=store, url=NOWHERE)
    assert summarize(away.check()) == ("refused", "cache", "LICENSE_SUSPENDED")


def test_an_unknown_key_is_refused(public_keys: list[str]) -> None:
    state = start_device("an-unknown-license-key", public_keys, "device").check()
    assert summarize(state) == ("refused", "server", "LICENSE_NOT_FOUND")


def test_a_server_with_another_signing_key_is_no_answer(plan: str) -> None:
    licet = start_device(issue(plan)["key"], [STRANGER], "stranger")
    assert licet.check().status == "unknown"


def test_a_license_without_pinned_keys_is_confirmed_and_cached_too(plan: str) -> None:
    key, store = issue(plan)["key"], MemoryStore()
    assert start_device(key, [], "plain", store=store).check().source == "server"
    away = start_device(key, [], "plain", store=store, url=NOWHERE)
    assert summarize(away.check()) == ("licensed", "cache", None)


def test_devices_are_activated_up_to_the_limit_and_deactivated(
    plan: str, public_keys: list[str]
) -> None:
    license = issue(plan)
    first, second, third = (
        start_device(license["key"], public_keys, name) for name in ("first", "second", "third")
    )
    activation = first.activate(name="A laptop")
    assert (activation.kind, activation.value, activation.name) == ("device", "first", "A laptop")
    assert first.activate().id == activation.id
    second.activate()
    with pytest.raises(LicetProblem, match="DEVICE_LIMIT_REACHED"):
        third.activate()
    first.deactivate()
    third.activate()
    assert admin.licenses.get(license["id"])["devices"] == 2
    assert third.check().source == "lease"


def test_a_validation_asks_the_server_each_time_and_returns_a_refusal(
    plan: str, public_keys: list[str]
) -> None:
    license = issue(plan)
    licet = start_device(license["key"], public_keys, "validating")
    valid = licet.validate()
    assert valid.license is not None
    assert (valid.valid, valid.license.plan) == (True, plan)
    admin.licenses.suspend(license["id"])
    refused = licet.validate()
    assert (refused.valid, refused.error) == (False, "LICENSE_SUSPENDED")
    assert licet.check().status == "refused"
    admin.licenses.reinstate(license["id"])
    assert licet.check(fresh=True).status == "licensed"


def test_a_floating_seat_is_used_by_one_device_at_a_time(plan: str, public_keys: list[str]) -> None:
    key = issue(plan)["key"]
    one, other = (start_device(key, public_keys, name) for name in ("one", "other"))
    with one.seats.hold(name="One") as hold:
        assert hold.lost is None
        with pytest.raises(LicetProblem, match="SEAT_LIMIT_REACHED"):
            other.seats.acquire()
    seat = other.seats.acquire()
    assert other.seats.renew(seat.id).id == seat.id
    other.seats.release(seat.id)


def test_a_license_file_works_on_its_device_until_it_is_returned(
    plan: str, public_keys: list[str]
) -> None:
    license = issue(plan)
    licet = start_device(license["key"], public_keys, "island", url=NOWHERE)
    file = admin.licenses.create_file(license["id"], fingerprint="island")["file"]
    assert summarize(licet.import_file(file)) == ("licensed", "file", None)
    assert summarize(licet.check()) == ("licensed", "file", None)
    elsewhere = Licet.verify(file, public_keys, fingerprint="another-device")
    assert (elsewhere.status, elsewhere.code) == ("unknown", "FINGERPRINT_MISMATCH")
    code = licet.return_file()
    body = {"key": license["key"], "code": code}
    admin.request("POST", "/api/v1/offline/deactivate", body)
    assert admin.licenses.get(license["id"])["devices"] == 0
    assert licet.check().code == "FILE_RETURNED"


def test_a_request_code_from_a_device_without_a_connection_yields_its_license_file(
    plan: str, public_keys: list[str]
) -> None:
    licet = start_device(issue(plan)["key"], public_keys, "air-gap", url=NOWHERE)
    code = licet.create_offline_request(name="Ada’s press").code
    file = admin.request("POST", "/api/v1/offline/activate", {"request": code})["file"]
    assert summarize(licet.import_file(file)) == ("licensed", "file", None)


def test_a_revocation_reaches_a_device_without_a_connection_by_an_imported_feed(
    plan: str, public_keys: list[str]
) -> None:
    license = issue(plan)
    licet = start_device(license["key"], public_keys, "revoked", url=NOWHERE)
    licet.import_file(admin.licenses.create_file(license["id"], fingerprint="revoked")["file"])
    admin.licenses.revoke(license["id"])
    feed = admin.request("GET", "/api/v1/revocations", query={"format": "file"})
    state = licet.import_revocations(feed)
    assert (state.status, state.code) == ("refused", "LICENSE_REVOKED")


def test_both_asynchronous_clients_work(plan: str, public_keys: list[str]) -> None:
    async def run() -> None:
        vendor = AsyncLicetAdmin(URL, TOKEN)
        license = await vendor.licenses.create(plan=plan, customer_email="dev@example.com")
        licet = AsyncLicet(
            URL,
            "live",
            key=license["key"],
            public_keys=public_keys,
            store=MemoryStore(),
            fingerprint="async",
        )
        assert (await licet.check()).status == "licensed"
        async with licet.seats.hold() as hold:
            assert hold.seat.id.startswith("seat_")
        devices = [each["value"] async for each in vendor.licenses.activations(license["id"])]
        assert devices == ["async"]

    asyncio.run(run())


def test_admin_the_same_idempotency_key_issues_one_license(plan: str) -> None:
    first = issue(plan, idempotency_key=f"order-{RUN}")
    assert issue(plan, idempotency_key=f"order-{RUN}")["id"] == first["id"]
    with pytest.raises(LicetProblem) as caught:
        admin.licenses.create(
            plan=plan, customer_email="other@example.com", idempotency_key=f"order-{RUN}"
        )
    assert (caught.value.status, caught.value.code) == (422, "idempotency_mismatch")


def test_admin_a_list_yields_each_license_once_over_several_pages(plan: str) -> None:
    created = admin.licenses.create_many(
        plan=plan, customer_email="list@example.com", quantity=5, external_ref=None
    )
    ids = [each["id"] for each in created["data"]]
    listed = admin.licenses.list(customer_email="list@example.com", product=RUN, limit=2)
    assert sorted(each["id"] for each in listed) == sorted(ids)
    page = listed.page()
    assert (len(page["data"]), page["next_cursor"] is None) == (2, False)


def test_admin_a_license_lives_from_its_first_key_to_its_end(plan: str) -> None:
    license = issue(plan)
    id, key = license["id"], license["key"]
    assert admin.licenses.lookup(key.lower())["id"] == id
    assert admin.licenses.suspend(id)["status"] == "suspended"
    assert admin.licenses.reinstate(id)["status"] == "active"
    expiry = "2099-01-01T00:00:00Z"
    assert admin.licenses.update(id, expires_at=expiry)["expires_at"] == expiry
    assert admin.licenses.renew(id, days=10)["expires_at"] == "2099-01-11T00:00:00Z"
    rotated = admin.licenses.rotate_key(id)
    assert (rotated["id"], rotated["key"] == key) == (id, False)
    version = admin.licenses.get(id)["version"]
    admin.licenses.update(id, if_match=version, customer_name="Ada")
    with pytest.raises(LicetProblem) as caught:
        admin.licenses.update(id, if_match=version, customer_name="Eve")
    assert caught.value.status == 412
    assert admin.licenses.revoke(id)["status"] == "revoked"
    types = [each["type"] for each in admin.licenses.events(id, limit=2)]
    assert (types[0], types[-1]) == ("license.revoked", "license.created")
    assert admin.licenses.usage(id).page()["summary"]["valid"] == 0


def test_admin_manages_products_plans_and_the_endpoints_of_webhooks(plan: str) -> None:
    assert admin.products.update(RUN, name="The Editor")["name"] == "The Editor"
    assert admin.plans.update(plan, name="Professional")["name"] == "Professional"
    assert plan in [each["slug"] for each in admin.plans.list(limit=50)]
    created = admin.webhooks.create(url="https://hooks.example.com", events=["*"])
    assert created["secret"].startswith("whsec_")
    assert admin.webhooks.rotate_secret(created["id"])["secret"] != created["secret"]
    assert admin.webhooks.update(created["id"], enabled=False)["enabled"] is False
    admin.webhooks.delete(created["id"])
    with pytest.raises(LicetProblem, match="not_found"):
        admin.webhooks.get(created["id"])
    (event,) = admin.events.list(limit=1).page()["data"]
    assert admin.events.get(event["id"])["id"] == event["id"]


def test_admin_a_problem_names_the_invalid_field_and_the_request() -> None:
    with pytest.raises(LicetProblem) as caught:
        issue("none")
    problem = caught.value
    assert (problem.status, problem.code) == (422, "validation_failed")
    assert problem.errors[0].pointer == "/plan"
    assert problem.request_id


def test_the_first_example_of_the_readme_runs_as_it_is_written(
    plan: str, public_keys: list[str], tmp_path: Path
) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert match is not None
    environment = {
        **os.environ,
        "LICENSE_KEY": issue(plan)["key"],
        "LICET_PUBLIC_KEYS": ",".join(public_keys),
        "LICET_FINGERPRINT": "readme",
        "XDG_CONFIG_HOME": str(tmp_path),
    }

    def run(**changes: str) -> str:
        command = [sys.executable, "-c", match[1]]
        given = {**environment, **changes}
        return subprocess.check_output(command, env=given, text=True, timeout=60, cwd=tmp_path)

    assert run().startswith("licensed server")
    assert run(LICET_URL=NOWHERE).startswith("licensed lease")


def test_the_editor_of_the_examples_needs_a_license_once_and_then_no_server(
    plan: str, public_keys: list[str], tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "LICET_PUBLIC_KEYS": ",".join(public_keys),
        "LICET_FINGERPRINT": "editor",
        "XDG_CONFIG_HOME": str(tmp_path),
        "EDITOR_HOME": str(tmp_path),
    }

    def run(*arguments: str, **changes: str) -> tuple[int, str]:
        program = str(FOLDER / "examples" / "editor.py")
        finished = subprocess.run(
            [sys.executable, program, *arguments],
            env={**environment, **changes},
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            check=False,
        )
        return finished.returncode, finished.stdout + finished.stderr

    assert run("status") == (1, "NO_ANSWER: There is no license key yet.\n")
    assert run("enter", "TO-0000-0000-0000-0000")[1] == "There is a typing error in this key.\n"
    assert run("enter", "an-unknown-license-key")[1].startswith("LICENSE_NOT_FOUND")
    assert run("enter", issue(plan)["key"])[0] == 0
    assert run("status", LICET_URL=NOWHERE) == (0, f"licensed lease {plan}\n")
    assert run("write", "notes.txt", "Hello", LICET_URL=NOWHERE)[0] == 0
    assert run("export", "notes.txt")[1].startswith("FEATURE_NOT_INCLUDED")
