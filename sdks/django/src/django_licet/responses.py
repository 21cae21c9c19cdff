from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from licet import State

from .client import get_options

#: The seconds after which a client may try again if nothing is known about the license.
_RETRY_AFTER = 60


def refuse(request: HttpRequest, state: State) -> HttpResponse:
    """Returns 402 for a refusal, and 503 if the license could not be checked yet.

    The body is JSON for clients that prefer it to HTML, and a page for all others.
    """
    status = 402 if state.status == "refused" else 503
    response: HttpResponse
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = JsonResponse({"code": state.code, "message": state.message}, status=status)
    else:
        response = render(request, get_options().template, {"license": state}, status=status)
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = str(_RETRY_AFTER)
    return response
