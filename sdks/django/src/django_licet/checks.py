from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from licet import Keys

from .conf import Options, create_client, read_options

_MIDDLEWARE = "django_licet.middleware.LicenseMiddleware"
_CACHES_OF_ONE_PROCESS = ("LocMemCache", "DummyCache")


@register("licet")
def check_settings(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Checks the setting ``LICET``, without asking the server."""
    try:
        options = read_options()
    except (ImproperlyConfigured, ImportError, TypeError) as error:
        return [Error(str(error), id="licet.E001")]
    is_receiver = bool(options.webhook_secrets) and _MIDDLEWARE not in settings.MIDDLEWARE
    if is_receiver and not options.url:
        return []
    return [*_check_client(options), *_check_keys(options), *_check_cache(options)]


def _check_client(options: Options) -> list[CheckMessage]:
    try:
        create_client(options)
    except (ImproperlyConfigured, ImportError, TypeError, ValueError) as error:
        return [Error(f"LICET: {error}", id="licet.E002")]
    return []


def _check_keys(options: Options) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if not options.public_keys:
        hint = "Add the keys that `licet signing keys` prints on your server as PUBLIC_KEYS."
        message = "LICET pins no public keys, so any server under this address can answer."
        messages.append(Warning(message, hint=hint, id="licet.W001"))
    if options.key is not None and Keys.check(options.key) in ("malformed", "unusable"):
        message = "The KEY of LICET has a typing error."
        messages.append(Warning(message, id="licet.W002"))
    return messages


def _check_cache(options: Options) -> list[CheckMessage]:
    if options.cache is None:
        return []
    if options.cache not in caches.settings:
        return [Error(f"LICET: there is no cache {options.cache!r}.", id="licet.E003")]
    backend = type(caches[options.cache]).__name__
    if backend not in _CACHES_OF_ONE_PROCESS:
        return []
    hint = "Use a cache that survives restarts, or remove CACHE to use a file."
    message = f"The license is forgotten at each restart, because the cache is a {backend}."
    return [Warning(message, hint=hint, id="licet.W003")]
