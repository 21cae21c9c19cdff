from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from django_licet import check, feature_required, license_exempt

from .receivers import seen


def home(request: HttpRequest) -> HttpResponse:
    """Its template shows a banner during the grace period."""
    return render(request, "home.html")


def health(_: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@license_exempt
def license(_: HttpRequest) -> HttpResponse:
    """Says why, so that the administrator of the shop can see it without a license."""
    state = check()
    plan = state.license.plan if state.license is not None else None
    return JsonResponse({"status": state.status, "source": state.source, "plan": plan})


@feature_required("reports")
def reports(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"reports": []})


@feature_required("export")
async def export(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"rows": []})


@license_exempt
def events(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"events": seen})
