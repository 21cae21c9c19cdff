from __future__ import annotations

from collections.abc import Mapping

from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from licet import WebhookError, WebhookEvent, Webhooks

from .client import get_options
from .decorators import license_exempt
from .signals import event_received, find_signal

#: Licet repeats a delivery for about three days.
_REMEMBERED_SECONDS = 7 * 86_400


@license_exempt
@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Verifies an event of Licet, and sends it to the receivers of its signals, once.

    If a receiver raises, the response is 500, so that Licet sends the event again.
    """
    options = get_options()
    if not options.webhook_secrets:
        raise ImproperlyConfigured("LICET needs WEBHOOK_SECRETS, the secrets of the endpoint.")
    headers: Mapping[str, str] = request.headers
    try:
        event = Webhooks.verify(request.body, headers, options.webhook_secrets)
    except WebhookError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
    _send_once(event, options.webhook_cache)
    return HttpResponse(status=204)


def _send_once(event: WebhookEvent, alias: str) -> None:
    cache, name = caches[alias], f"licet:webhook:{event.id}"
    if not cache.add(name, True, timeout=_REMEMBERED_SECONDS):
        return
    try:
        event_received.send(sender=webhook, event=event)
        signal = find_signal(event.type)
        if signal is not None:
            signal.send(sender=webhook, event=event)
    except BaseException:
        cache.delete(name)
        raise
