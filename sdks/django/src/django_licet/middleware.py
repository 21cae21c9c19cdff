from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from .client import check, get_options
from .responses import refuse

Handler = Callable[[HttpRequest], Any]


class LicenseMiddleware:
    """Lets requests through if the license of the site allows it, and sets ``request.license``.

    Others get 402 (refused) or 503 (unknown). Views with ``license_exempt`` and the paths in
    ``EXEMPT`` need no license: for them, the state is looked up when it is used.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        request.license = SimpleLazyObject(check)  # type: ignore[attr-defined]
        response: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],  # noqa: ARG002
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> HttpResponseBase | None:
        """Django runs it in a thread if the site is asynchronous."""
        options = get_options()
        if getattr(view, "license_exempt", False) or _is_below(request.path, options.exempt):
            return None
        state = check()
        request.license = state  # type: ignore[attr-defined]
        if state.allowed or (state.status == "unknown" and options.allow_unknown):
            return None
        return refuse(request, state)


def _is_below(path: str, exempt: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in exempt)
