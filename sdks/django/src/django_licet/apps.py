from __future__ import annotations

from django.apps import AppConfig
from django.core.signals import setting_changed


class LicetConfig(AppConfig):
    name = "django_licet"
    label = "licet"
    verbose_name = "Licet"

    def ready(self) -> None:
        from . import checks  # noqa: F401
        from .client import forget_client

        setting_changed.connect(forget_client, dispatch_uid="licet")
