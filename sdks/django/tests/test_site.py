"""Requests to the example site."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.views import View
from licet import License, State

from django_licet import FeatureRequiredMixin, check
from django_licet.testing import override_license

from .conftest import REFUSAL, Configure, FakeLicet


def test_a_licensed_site_answers_and_asks_the_server_once(client: Client, licet: FakeLicet) -> None:
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 200]
    assert len(licet.requests) == 1
    assert licet.requests[0]["fingerprint"] == "host-1"


def test_a_refused_site_responds_with_402_as_a_page_or_as_json(
    client: Client, licet: FakeLicet
) -> None:
    licet.refusal = REFUSAL
    page = client.get("/")
    assert (page.status_code, page["content-type"]) == (402, "text/html; charset=utf-8")
    assert b"It is suspended." in page.content
    assert page["cache-control"] == "no-store"
    data = client.get("/", headers={"accept": "application/json"})
    assert (data.status_code, data.json()["code"]) == (402, "LICENSE_SUSPENDED")


def test_a_site_whose_license_is_unknown_responds_with_503(
    client: Client, configure: Configure, licet: FakeLicet
) -> None:
    licet.is_away = True
    response = client.get("/")
    assert (response.status_code, response["retry-after"]) == (503, "60")
    configure(ALLOW_UNKNOWN=True)
    assert client.get("/").status_code == 200
    assert client.get("/reports").status_code == 503


def test_a_site_that_restarts_during_an_outage_stays_licensed(
    client: Client, configure: Configure, licet: FakeLicet
) -> None:
    client.get("/")
    licet.is_away = True
    configure()
    assert client.get("/").status_code == 200
    assert client.get("/license").json() == {"status": "licensed", "source": "cache", "plan": "pro"}


def test_exempt_paths_and_views_need_no_license(client: Client, licet: FakeLicet) -> None:
    licet.refusal = REFUSAL
    assert client.get("/health").status_code == 200
    assert licet.requests == []
    assert client.get("/license").json()["status"] == "refused"
    assert client.get("/healthy").status_code == 404


def test_a_feature_is_needed_by_views_of_both_kinds(client: Client, licet: FakeLicet) -> None:
    assert client.get("/reports").status_code == 200
    response = client.get("/export", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (402, "FEATURE_NOT_INCLUDED")
    assert len(licet.requests) == 1


def test_the_site_works_asynchronously(configure: Configure, licet: FakeLicet) -> None:
    licet.features = {"export": True}

    async def run() -> list[int]:
        client = AsyncClient()
        paths = ("/", "/export", "/reports", "/health")
        return [(await client.get(path)).status_code for path in paths]

    assert asyncio.run(run()) == [200, 200, 402, 200]
    licet.refusal = REFUSAL
    configure(CACHE=None, FINGERPRINT="host-2", KEY="another-license-key")

    async def ask() -> int:
        return (await AsyncClient().get("/")).status_code

    assert asyncio.run(ask()) == 402


def test_features_of_the_setting_are_needed_by_the_whole_site(
    client: Client, configure: Configure
) -> None:
    configure(FEATURES=["enterprise"])
    assert client.get("/").status_code == 402


def test_a_view_that_is_a_class_can_need_a_feature(configure: Configure) -> None:  # noqa: ARG001
    from django.http import HttpRequest, HttpResponse

    class Reports(FeatureRequiredMixin, View):
        required_features = "reports"

        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse(request.path)

    request = RequestFactory().get("/x")
    assert Reports.as_view()(request).status_code == 200
    assert Reports.as_view(required_features=["audit"])(request).status_code == 402


def _find_key() -> str | None:
    return "TO-04HM-ASW9-NF6Y-Y0CN"


@pytest.mark.parametrize("key", [_find_key, f"{__name__}._find_key"])
def test_a_key_can_come_from_a_callable(
    client: Client, configure: Configure, licet: FakeLicet, key: Any
) -> None:
    configure(KEY_FROM=key)
    client.get("/")
    assert licet.requests[0]["key"] == _find_key()


def test_a_site_can_be_licensed_for_its_domain(
    client: Client, configure: Configure, licet: FakeLicet
) -> None:
    configure(DOMAIN="shop.example.com", FINGERPRINT=None)
    client.get("/")
    assert licet.requests[0]["domain"] == "shop.example.com"
    assert "fingerprint" not in licet.requests[0]


def test_tests_of_a_site_can_override_its_license(client: Client, licet: FakeLicet) -> None:
    with override_license(features={"reports": True}):
        assert client.get("/reports").status_code == 200
        assert client.get("/export").status_code == 402
    with override_license("refused", code="LICENSE_EXPIRED"):
        assert client.get("/", headers={"accept": "application/json"}).json()["code"] == (
            "LICENSE_EXPIRED"
        )
    with override_license("unknown"):
        assert client.get("/").status_code == 503
    assert licet.requests == []
    assert check().allowed


def test_templates_can_show_the_grace_period(client: Client) -> None:
    assert b"Connect" not in client.get("/").content
    with override_license("grace"):
        assert b"Connect to the internet" in client.get("/").content


def test_the_template_of_a_site_replaces_the_page(
    client: Client, configure: Configure, licet: FakeLicet
) -> None:
    licet.refusal = REFUSAL
    configure(TEMPLATE="home.html")
    assert b"<h1>Shop</h1>" in client.get("/").content


def test_without_the_middleware_the_context_processor_looks_the_license_up(client: Client) -> None:
    with override_settings(MIDDLEWARE=[]):
        assert client.get("/").status_code == 200


def test_a_state_is_used_by_templates_like_by_code() -> None:
    state = State("licensed", "cache", license=License("lic_1", "pro", {}))
    assert bool(state) is True
