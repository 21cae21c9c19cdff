from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from .client import check
from .responses import refuse

View = TypeVar("View", bound=Callable[..., Any])


def license_exempt(view: View) -> View:
    """Marks a view that needs no license, such as the page on which a key is entered."""
    view.license_exempt = True  # type: ignore[attr-defined]
    return view


def feature_required(*features: str) -> Callable[[View], View]:
    """Lets requests to a view through if the license has all of the features.

    It needs no middleware. Others get 402, or 503 if nothing is known about the license. The view
    may be asynchronous.
    """

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def call_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refusal = await sync_to_async(_find_refusal)(request, features)
                return refusal or await view(request, *args, **kwargs)

            return call_async  # type: ignore[return-value]

        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _find_refusal(request, features) or view(request, *args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate


class FeatureRequiredMixin:
    """``feature_required`` for views that are classes."""

    required_features: tuple[str, ...] | str = ()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., Any]:
        required = initkwargs.get("required_features", cls.required_features)
        features = (required,) if isinstance(required, str) else tuple(required)
        view: Callable[..., Any] = super().as_view(**initkwargs)  # type: ignore[misc]
        return feature_required(*features)(view)


def _find_refusal(request: HttpRequest, features: tuple[str, ...]) -> HttpResponseBase | None:
    state = check(features=features)
    return None if state.allowed else refuse(request, state)
