from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.cache import caches
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_licet import get_client
from django_licet.store import CacheStore

from .conftest import REFUSAL, Configure, FakeLicet

PUBLIC_KEY = "wHd_e1-FbygGlaVs3sc9Tu9Llg5b9x7R-lpwgBxJ0CY"


def find_messages() -> list[str | None]:
    return [message.id for message in run_checks(tags=["licet"])]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"CACHE": None, "PUBLIC_KEYS": [PUBLIC_KEY]}, []),
        ({"CACHE": None}, ["licet.W001"]),
        ({"PUBLIC_KEYS": PUBLIC_KEY}, ["licet.W003"]),
        ({"PUBLIC_KEYS": [PUBLIC_KEY], "CACHE": "none"}, ["licet.E003"]),
        ({"CACHE": None, "PUBLIC_KEYS": ["wrong"]}, ["licet.E002"]),
        ({"CACHE": None, "PUBLIC_KEYS": [PUBLIC_KEY], "URL": ""}, ["licet.E002"]),
        ({"CACHE": None, "PUBLIC_KEYS": [PUBLIC_KEY], "APP_ID": "../x"}, ["licet.E002"]),
        (
            {"CACHE": None, "PUBLIC_KEYS": [PUBLIC_KEY], "KEY": "TO-0000-0000-0000-0000"},
            ["licet.W002"],
        ),
        ({"TYPO": 1}, ["licet.E001"]),
        ({"TRANSPORT": "no.such.module"}, ["licet.E001"]),
    ],
    ids=str,
)
def test_the_system_check_finds_mistakes_in_the_setting(
    configure: Configure, licet: FakeLicet, options: dict[str, Any], expected: list[str]
) -> None:
    configure(**options)
    assert find_messages() == expected
    assert licet.requests == []


def test_a_site_that_only_receives_webhooks_needs_no_client() -> None:
    with override_settings(LICET={"WEBHOOK_SECRETS": ["whsec_x"]}, MIDDLEWARE=[]):
        assert find_messages() == []
    with override_settings(LICET={}, MIDDLEWARE=[]):
        assert find_messages() == ["licet.E002", "licet.W001"]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("licet", *arguments, stdout=output, no_color=True)
    return output.getvalue()


def test_the_command_shows_the_license(configure: Configure, licet: FakeLicet) -> None:  # noqa: ARG001
    assert "licensed (source: server)" in run("status")
    shown = run("status")
    assert "licensed (source: cache)" in shown
    assert "license: lic_1, plan pro, features: reports=True" in shown
    licet.refusal = REFUSAL
    with pytest.raises(CommandError, match="refused: LICENSE_SUSPENDED: It is suspended"):
        run("status", "--fresh")


def test_the_command_prints_a_request_code(configure: Configure) -> None:  # noqa: ARG001
    assert run("request", "--name", "Lab 3").startswith("LQ1.")


def test_the_command_explains_what_cannot_be_done(configure: Configure) -> None:
    with pytest.raises(CommandError, match="public_keys"):
        run("import", __file__)
    configure(PUBLIC_KEYS=[PUBLIC_KEY])
    with pytest.raises(CommandError, match="MALFORMED"):
        run("import", __file__)
    with pytest.raises(CommandError, match="No such file"):
        run("import-revocations", "/no/such/file")
    with pytest.raises(CommandError, match="MALFORMED"):
        run("return")
    configure(KEY=None)
    with pytest.raises(CommandError, match="license key"):
        run("activate")


def test_a_license_is_kept_in_the_cache_without_a_timeout(configure: Configure) -> None:  # noqa: ARG001
    store = CacheStore("licenses")
    store.put("licet-1", "a text")
    assert store.get("licet-1") == "a text"
    assert caches["licenses"].get("licet:licet-1") == "a text"
    store.delete("licet-1")
    store.delete("licet-1")
    assert store.get("licet-1") is None
    caches["licenses"].set("licet:licet-1", {"another": "type"})
    assert store.get("licet-1") is None


def test_the_cache_can_be_used_by_the_threads_of_the_sdk(configure: Configure) -> None:  # noqa: ARG001
    store = CacheStore("licenses")
    thread = threading.Thread(target=store.put, args=("licet-1", "a text"), name="licet")
    thread.start()
    thread.join()
    assert store.get("licet-1") == "a text"


def test_the_client_is_the_same_until_a_setting_changes(configure: Configure) -> None:
    first = get_client()
    assert get_client() is first
    configure()
    assert get_client() is not first
