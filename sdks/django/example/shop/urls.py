from __future__ import annotations

from django.urls import include, path

from . import receivers, views  # noqa: F401

urlpatterns = [
    path("", views.home),
    path("health", views.health),
    path("license", views.license),
    path("reports", views.reports),
    path("export", views.export),
    path("events", views.events),
    path("licet/", include("django_licet.urls")),
]
