from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from licet import Licet, Transport

from .store import CacheStore


@dataclass(frozen=True)
class Options:
    """The setting ``LICET``. Its names are in upper case there."""

    #: The address of the server, and the name of the app. Only a site that just receives webhooks
    #: needs neither.
    url: str = ""
    app_id: str = ""
    key: str | None = None
    #: A callable that returns the key, such as from a model, or the path of one.
    key_from: Callable[[], str | None] | None = None
    product: str | None = None
    public_keys: tuple[str, ...] = ()
    domain: str | None = None
    fingerprint: str | None = None
    #: The alias of a cache that all processes share; None: a file.
    cache: str | None = None
    timeout: float = 3.0
    refresh: timedelta = timedelta(days=1)
    hard_limit: timedelta = timedelta(days=30)
    #: A transport, or the path of one.
    transport: Transport | None = None
    #: Features without which the whole site is refused.
    features: tuple[str, ...] = ()
    #: Whether the middleware lets requests through while nothing is known about the license.
    allow_unknown: bool = False
    #: Paths that need no license, with all below them.
    exempt: tuple[str, ...] = ()
    #: The template of the page for refused requests.
    template: str = "django_licet/blocked.html"
    webhook_secrets: tuple[str, ...] = ()
    #: The alias of the cache that remembers the webhooks that were processed.
    webhook_cache: str = "default"

    def find_key(self) -> str | None:
        return self.key if self.key_from is None else self.key_from()


def read_options() -> Options:
    """Returns the setting. Raises ``ImproperlyConfigured`` for unknown names."""
    given: Mapping[str, Any] = getattr(settings, "LICET", {})
    known = {field.name.upper(): field.name for field in fields(Options)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ImproperlyConfigured(f"LICET has no option {', '.join(unknown)}.")
    values = {known[name]: _read(name, value) for name, value in given.items()}
    return Options(**values)


def _read(name: str, value: Any) -> Any:
    if name in ("PUBLIC_KEYS", "FEATURES", "EXEMPT", "WEBHOOK_SECRETS"):
        return (value,) if isinstance(value, str) else tuple(value)
    if name in ("TRANSPORT", "KEY_FROM") and isinstance(value, str):
        return import_string(value)
    return value


def create_client(options: Options) -> Licet:
    """Returns the client of the setting. Raises ``ValueError`` or ``ImportError``."""
    return Licet(
        options.url,
        options.app_id,
        product=options.product,
        public_keys=options.public_keys,
        domain=options.domain,
        fingerprint=options.fingerprint,
        store=None if options.cache is None else CacheStore(options.cache),
        timeout=options.timeout,
        refresh=options.refresh,
        hard_limit=options.hard_limit,
        transport=options.transport,
    )
