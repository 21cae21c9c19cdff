from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .client import check


def license(request: HttpRequest) -> dict[str, Any]:
    """Adds the state as ``license`` to templates, such as for a banner during the grace period."""
    return {"license": getattr(request, "license", None) or SimpleLazyObject(check)}
