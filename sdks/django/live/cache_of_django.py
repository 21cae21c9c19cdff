"""Makes stores in a cache of Django, for the scenarios of the conformance suite."""

from __future__ import annotations

import tempfile
import uuid

from django.conf import settings

from django_licet.store import CacheStore

settings.configure(
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": tempfile.mkdtemp(),
        }
    }
)


def create_store() -> CacheStore:
    """Returns an empty store."""
    return CacheStore(prefix=f"{uuid.uuid4()}:")
