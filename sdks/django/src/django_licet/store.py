from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import BaseCache, caches
from django.db import connections

Result = TypeVar("Result")


class CacheStore:
    """Keeps licenses in a cache of Django, so that all processes and hosts of a site share them.

    Entries have no timeout. Use a cache that survives restarts, such as Redis or the database.
    """

    def __init__(self, alias: str = "default", prefix: str = "licet:") -> None:
        self._alias = alias
        self._prefix = prefix

    def get(self, name: str, /) -> str | None:
        text = self._use(lambda cache: cache.get(self._prefix + name))
        return text if isinstance(text, str) else None

    def put(self, name: str, text: str, /) -> None:
        self._use(lambda cache: cache.set(self._prefix + name, text, timeout=None))

    def delete(self, name: str, /) -> None:
        self._use(lambda cache: cache.delete(self._prefix + name))

    def _use(self, call: Callable[[BaseCache], Result]) -> Result:
        try:
            return call(caches[self._alias])
        finally:
            # No request ends in the threads of the SDK, so nothing else closes their connections.
            if threading.current_thread().name.startswith("licet"):
                caches[self._alias].close()
                connections.close_all()
