"""Uses the published client against a running server. Prints one line of TAP per check."""

import os
import traceback

import requests
from traffic_orchestrator import TrafficOrchestrator, TrafficOrchestratorError

api_url = os.environ["LICET_URL"] + "/api/v1"
token = os.environ["LICET_TOKEN"]
app = TrafficOrchestrator(api_url=api_url, retries=0, grace_period=True)
vendor = TrafficOrchestrator(api_url=api_url, api_key=token, retries=0)

created = vendor.create_license("My App", plan_id="starter")
license_id, key = created["license_id"], created["license_key"]


def check(name):
    def run(function):
        try:
            function()
            print(f"ok - traffic-orchestrator: {name}")
        except Exception:
            print(f"not ok - traffic-orchestrator: {name}")
            print(traceback.format_exc())

    return run


def error_of(call):
    """Returns the error that a call raises."""
    try:
        result = call()
    except TrafficOrchestratorError as error:
        return error
    raise AssertionError(f"expected an error, got {result}")


@check("the first validation activates the domain")
def _():
    result = app.validate_license(key, domain="example.com")
    assert result["valid"] is True, result
    assert result["plan"] == "starter"
    assert result["domains"] == ["example.com"]
    assert result["expiresAt"] is None


@check("a domain beyond the limit is refused with a message")
def _():
    result = app.validate_license(key, domain="example.org")
    assert result["valid"] is False, result
    assert result["message"] == "The only domain of this license is in use."


@check("a domain that is removed makes room for another")
def _():
    assert vendor.remove_domain(license_id, "example.com")["success"]
    assert vendor.add_domain(license_id, "example.org")["success"]
    assert vendor.get_domains(license_id)["domains"] == ["example.org"]
    assert app.validate_license(key, domain="example.org")["valid"]
    assert not app.validate_license(key, domain="example.com")["valid"]


@check("a license is suspended and reactivated")
def _():
    vendor.update_license_status(license_id, "suspended")
    result = app.validate_license(key, domain="example.org")
    assert result["valid"] is False and "from_cache" not in result, result
    assert result["code"] == "LICENSE_SUSPENDED"
    vendor.update_license_status(license_id, "active")
    assert app.validate_license(key, domain="example.org")["valid"]


@check("an expired license is refused, and valid again once it is extended")
def _():
    requests.put(
        f"{api_url}/licenses/{license_id}",
        json={"expires_at": "2026-01-31T00:00:00Z"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).raise_for_status()
    result = app.validate_license(key, domain="example.org")
    assert result["valid"] is False and result["code"] == "LICENSE_EXPIRED", result
    batch = vendor.batch_license_operation("extend", [license_id], days=30)
    assert batch["succeeded"] == 1, batch
    assert app.validate_license(key, domain="example.org")["valid"]


@check("a rotated key replaces the former one")
def _():
    rotated = vendor.rotate_license(license_id)
    error = error_of(lambda: app.validate_license(key))
    assert (error.code, error.status) == ("LICENSE_NOT_FOUND", 404)
    assert app.validate_license(rotated["newLicense"]["license_key"])["valid"]


@check("licenses, API keys and webhooks are listed")
def _():
    assert any(one["license_id"] == license_id for one in vendor.list_licenses())
    key_id = vendor.create_api_key("ci", ["read"])["id"]
    assert any(one["id"] == key_id for one in vendor.list_api_keys()["keys"])
    assert vendor.delete_api_key(key_id)["success"]
    url = "https://hooks.example.com/licet-python"
    assert vendor.set_webhook_config(url)["secret"].startswith("whsec_")
    assert any(one["url"] == url for one in vendor.get_webhook_config()["configs"])


@check("usage, analytics and health are reported")
def _():
    assert vendor.get_usage()["validationsToday"] > 5
    assert len(vendor.get_analytics(7)["daily"]) == 7
    assert app.health_check()["status"] == "healthy"


@check("a revoked license is refused, and what has no equivalent says so")
def _():
    assert vendor.delete_license(license_id)["success"]
    assert error_of(lambda: vendor.get_sla()).code == "NOT_SUPPORTED"
    assert error_of(lambda: app.list_licenses()).status == 401
