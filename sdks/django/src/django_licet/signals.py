"""Signals of events that Licet has sent to the webhook view. All have the argument ``event``."""

from __future__ import annotations

from django.dispatch import Signal

#: Is sent for each event, before the signal of its type.
event_received = Signal()

license_created = Signal()
license_activated = Signal()
license_updated = Signal()
license_renewed = Signal()
license_suspended = Signal()
license_reinstated = Signal()
license_expiring = Signal()
license_expired = Signal()
license_revoked = Signal()
license_key_rotated = Signal()
license_limit_reached = Signal()
license_sharing_suspected = Signal()
activation_created = Signal()
activation_deleted = Signal()
customer_erased = Signal()
webhook_disabled = Signal()
webhook_test = Signal()
backup_failed = Signal()


def find_signal(event_type: str) -> Signal | None:
    """Returns the signal of a type of event, such as ``license.created``."""
    signal = globals().get(event_type.replace(".", "_"))
    return signal if isinstance(signal, Signal) else None
