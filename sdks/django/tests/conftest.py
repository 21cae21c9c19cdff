from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.test import Client
from django.test.utils import override_settings, setup_test_environment, teardown_test_environment
from licet import HttpRequest, HttpResponse

os.environ["SHOP_DATA"] = tempfile.mkdtemp()
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
django.setup()

SECRET = "whsec_Zm9yLXRlc3RzLW9ubHktMDAwMDAwMDAwMDAw"
KEY = "TO-7Q4M-X0ZD-9KTB-2F17"
REFUSAL = {"valid": False, "error": "LICENSE_SUSPENDED", "message": "It is suspended."}


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    setup_test_environment()
    yield
    teardown_test_environment()


class FakeLicet:
    """A license server as a transport of the client."""

    def __init__(self) -> None:
        self.features: dict[str, Any] = {"reports": True}
        self.refusal: dict[str, Any] | None = None
        self.is_away = False
        self.requests: list[Any] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(json.loads(request.body or b"{}"))
        if self.is_away:
            raise ConnectionRefusedError
        license = {"id": "lic_1", "plan": "pro", "features": self.features, "expiresAt": None}
        granted = {"valid": True, "license": license, "warnings": []}
        return HttpResponse(200, {}, json.dumps(self.refusal or granted).encode())


@pytest.fixture
def licet() -> FakeLicet:
    return FakeLicet()


Configure = Callable[..., None]


@pytest.fixture
def configure(licet: FakeLicet) -> Iterator[Configure]:
    """Sets the options of the site. Each call is like a restart of it."""
    active: list[override_settings] = []
    caches = {
        name: {"BACKEND": f"django.core.cache.backends.locmem.{backend}", "LOCATION": name}
        for name, backend in (("default", "LocMemCache"), ("licenses", "LocMemCache"))
    }

    def set_options(**options: Any) -> None:
        given = {
            "URL": "https://licenses.example.com",
            "APP_ID": "com.example.shop",
            "KEY": KEY,
            "FINGERPRINT": "host-1",
            "CACHE": "licenses",
            "TRANSPORT": licet,
            "TIMEOUT": 0.5,
            "EXEMPT": ["/health"],
            "WEBHOOK_SECRETS": [SECRET],
        }
        override = override_settings(LICET={**given, **options}, CACHES=caches)
        override.enable()
        active.append(override)

    set_options()
    yield set_options
    from django.core.cache import caches as all_caches

    for alias in caches:
        all_caches[alias].clear()
    for override in reversed(active):
        override.disable()


@pytest.fixture
def client(configure: Configure) -> Client:  # noqa: ARG001
    return Client()
