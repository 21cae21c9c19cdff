"""Receivers of the events that Licet sends to the webhook view."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from licet import WebhookEvent

from django_licet.signals import license_suspended

#: A real site writes to its database.
seen: list[str] = []


@receiver(license_suspended)
def note_suspension(event: WebhookEvent, **_: Any) -> None:
    seen.append(f"{event.data['license']['id']} was suspended")
