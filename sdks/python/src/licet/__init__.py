"""Checks licenses with a Licet server, online and offline.

``Licet`` is for apps, ``AsyncLicet`` for apps that use asyncio, and ``licet.admin`` for the servers
of a vendor.
"""

from ._async import AsyncLicet, AsyncSeats
from ._client import Activation, Licet, OfflineRequest
from ._errors import (
    FieldError,
    LicetError,
    LicetProblem,
    NoAnswer,
    NoAnswerReason,
    TokenError,
    TokenFault,
    WebhookError,
    WebhookFault,
)
from ._fingerprint import Fingerprint, FingerprintKind, fingerprint
from ._http import HttpRequest, HttpResponse, HttpTransport, Transport
from ._seats import Seat, SeatHold, Seats
from ._state import FeatureValue, License, Source, State, Status, Verdict
from ._store import FileStore, MemoryStore, Store
from ._version import VERSION as __version__
from .keys import KeyCheck, Keys
from .webhooks import WebhookEvent, Webhooks

__all__ = [
    "Activation",
    "AsyncLicet",
    "AsyncSeats",
    "FeatureValue",
    "FieldError",
    "FileStore",
    "Fingerprint",
    "FingerprintKind",
    "HttpRequest",
    "HttpResponse",
    "HttpTransport",
    "KeyCheck",
    "Keys",
    "Licet",
    "LicetError",
    "LicetProblem",
    "License",
    "MemoryStore",
    "NoAnswer",
    "NoAnswerReason",
    "OfflineRequest",
    "Seat",
    "SeatHold",
    "Seats",
    "Source",
    "State",
    "Status",
    "Store",
    "TokenError",
    "TokenFault",
    "Transport",
    "Verdict",
    "WebhookError",
    "WebhookEvent",
    "WebhookFault",
    "Webhooks",
    "__version__",
    "fingerprint",
]
