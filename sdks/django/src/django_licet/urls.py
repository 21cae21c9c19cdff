from __future__ import annotations

from django.urls import path

from .views import webhook

app_name = "licet"
urlpatterns = [path("webhook/", webhook, name="webhook")]
