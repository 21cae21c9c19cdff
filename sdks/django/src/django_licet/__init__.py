"""Licet for Django: licenses for apps that your customers host, and webhooks for your own site."""

from .client import check, get_client
from .decorators import FeatureRequiredMixin, feature_required, license_exempt

__version__ = "0.1.0"

__all__ = [
    "FeatureRequiredMixin",
    "__version__",
    "check",
    "feature_required",
    "get_client",
    "license_exempt",
]
