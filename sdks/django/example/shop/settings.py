"""A shop that its customers host themselves, with a license."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("SHOP_DATA", Path(__file__).parents[1] / "data"))

SECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "only-for-this-example")
DEBUG = os.environ.get("SHOP_DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"
USE_TZ = True

INSTALLED_APPS = ["django_licet"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django_licet.middleware.LicenseMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django_licet.context_processors.license",
            ]
        },
    }
]
# A cache that survives restarts, and that all processes share.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA / "cache",
    }
}

LICET = {
    "URL": os.environ.get("LICET_URL", "https://licenses.example.com"),
    "APP_ID": "com.example.shop",
    "KEY": os.environ.get("LICENSE_KEY"),
    # Write the keys that `licet signing keys` prints here, as texts. An example cannot.
    "PUBLIC_KEYS": os.environ.get("LICET_PUBLIC_KEYS", "").split(",")
    if os.environ.get("LICET_PUBLIC_KEYS")
    else [],
    "CACHE": "default",
    "EXEMPT": ["/health"],
    "WEBHOOK_SECRETS": [os.environ["LICET_WEBHOOK_SECRET"]]
    if os.environ.get("LICET_WEBHOOK_SECRET")
    else [],
}
