from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from licet import Licet, State

from .conf import Options, create_client, read_options


@lru_cache(maxsize=1)
def get_options() -> Options:
    return read_options()


@lru_cache(maxsize=1)
def get_client() -> Licet:
    """Returns the client that the setting ``LICET`` describes. It is the same for all requests."""
    return create_client(get_options())


def check(
    *, features: str | Iterable[str] = (), fresh: bool = False, domain: str | None = None
) -> State:
    """Returns the state of the license of this site. Never raises because of the network.

    Without one of the ``features``, and those of the setting, the state is ``refused``.
    """
    options = get_options()
    more = (features,) if isinstance(features, str) else tuple(features)
    return get_client().check(
        key=options.find_key(), features=(*options.features, *more), fresh=fresh, domain=domain
    )


def forget_client(*, setting: str, **_: Any) -> None:
    """Tests change settings."""
    if setting in ("LICET", "CACHES"):
        get_options.cache_clear()
        get_client.cache_clear()
