from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from licet import WebhookEvent

from django_licet import signals

from .conftest import REFUSAL, SECRET, Configure, FakeLicet


def deliver(
    client: Client, kind: str = "license.suspended", id: str = "evt_1", **changes: str
) -> HttpResponse:
    body = json.dumps({"id": id, "type": kind, "data": {"license": {"id": "lic_1"}}})
    timestamp = str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    headers = {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    given: Any = {**headers, **changes}
    response: Any = client.post(
        "/licet/webhook/", data=body, content_type="application/json", headers=given
    )
    return response  # type: ignore[no-any-return]


@pytest.fixture
def received() -> Iterator[list[str]]:
    types: list[str] = []

    def note(event: WebhookEvent, **_: Any) -> None:
        types.append(event.type)

    def note_suspension(event: WebhookEvent, **_: Any) -> None:
        types.append(f"{event.data['license']['id']} suspended")

    signals.event_received.connect(note)
    signals.license_suspended.connect(note_suspension)
    yield types
    signals.event_received.disconnect(note)
    signals.license_suspended.disconnect(note_suspension)


def test_an_event_reaches_the_receivers_of_its_signals_once(
    client: Client, received: list[str]
) -> None:
    assert [deliver(client).status_code for _ in range(2)] == [204, 204]
    assert received == ["license.suspended", "lic_1 suspended"]
    deliver(client, "license.of_a_newer_server", "evt_2")
    assert received[2:] == ["license.of_a_newer_server"]


def test_a_request_that_licet_has_not_sent_gets_400(client: Client, received: list[str]) -> None:
    for changes in (
        {"webhook-signature": "v1,AAAA"},
        {"webhook-timestamp": "1"},
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
    ):
        assert deliver(client, **changes).status_code == 400
    assert client.get("/licet/webhook/").status_code == 405
    assert received == []


def test_an_event_whose_receiver_fails_is_sent_again(client: Client) -> None:
    calls: list[str] = []

    def fail_once(event: WebhookEvent, **_: Any) -> None:
        calls.append(event.id)
        if len(calls) == 1:
            raise RuntimeError("The database is away.")

    signals.event_received.connect(fail_once)
    try:
        client.raise_request_exception = False
        assert [deliver(client).status_code for _ in range(3)] == [500, 204, 204]
    finally:
        signals.event_received.disconnect(fail_once)
    assert calls == ["evt_1", "evt_1"]


def test_a_webhook_needs_no_license_and_no_csrf_token(
    licet: FakeLicet, configure: Configure
) -> None:
    configure()
    licet.refusal = REFUSAL
    assert deliver(Client(enforce_csrf_checks=True)).status_code == 204


def test_a_webhook_without_a_secret_is_a_mistake(client: Client, configure: Configure) -> None:
    configure(WEBHOOK_SECRETS=[])
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_SECRETS"):
        deliver(client)


def test_each_type_of_event_has_a_signal() -> None:
    names = [name for name in vars(signals) if name.startswith(("license_", "activation_"))]
    assert len(names) == 14
    assert signals.find_signal("license.key_rotated") is signals.license_key_rotated
    assert signals.find_signal("event.received") is signals.event_received
    assert signals.find_signal("annotations") is None
