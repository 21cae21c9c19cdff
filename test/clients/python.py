"""Uses the generated Python client against a running server. Prints one line of TAP per check."""

import os
import traceback
from datetime import datetime, timezone

from generated.licet_client import AuthenticatedClient, Client
from generated.licet_client.api.licenses import create_license, create_licenses, list_licenses
from generated.licet_client.api.validation import validate
from generated.licet_client.models import (
    CreateLicenseRequest,
    CreateLicensesRequest,
    License,
    Problem,
    RefusedVerdict,
    UnknownKeyVerdict,
    ValidateRequest,
    ValidVerdict,
)

url = os.environ["LICET_URL"]
vendor = AuthenticatedClient(base_url=url, token=os.environ["LICET_TOKEN"])
app = Client(base_url=url)

order = {"plan": "starter", "customer_email": "dev@example.com"}
expires_at = datetime(2099, 3, 6, tzinfo=timezone.utc)
key = ""


def check(name):
    def run(function):
        try:
            function()
            print(f"ok - python: {name}")
        except Exception:
            print(f"not ok - python: {name}")
            print(traceback.format_exc())

    return run


@check("creates a license with a time, features and metadata")
def _():
    global key
    body = CreateLicenseRequest.from_dict(
        order
        | {
            "expires_at": expires_at.isoformat(),
            "features": {"sso": True, "projects": 10},
            "metadata": {"order": "A-1009", "note": None},
        }
    )
    response = create_license.sync_detailed(client=vendor, body=body, idempotency_key="python")
    created = response.parsed
    assert isinstance(created, License), created
    key = created.key
    assert response.headers["etag"] == '"1"'
    assert created.status == "active"
    assert created.max_domains == 1
    assert created.expires_at == expires_at
    assert created.features["projects"] == 10
    assert created.metadata["note"] is None


@check("creates a batch and reads it page by page")
def _():
    body = CreateLicensesRequest(quantity=3, **order)
    assert len(create_licenses.sync(client=vendor, body=body).data) == 3
    first = list_licenses.sync(client=vendor, limit=2)
    following = list_licenses.sync(client=vendor, limit=2, cursor=first.next_cursor)
    assert len(first.data) == 2
    assert following.data[0].customer_email == "dev@example.com"


@check("validates the license")
def _():
    verdict = validate.sync(client=app, body=ValidateRequest(key=key, domain="example.com"))
    assert isinstance(verdict, ValidVerdict), verdict
    assert verdict.valid is True
    assert verdict.license_.plan == "starter"
    assert verdict.license_.expires_at == expires_at
    assert verdict.warnings == []


@check("reads a refusal")
def _():
    verdict = validate.sync(client=app, body=ValidateRequest(key=key, domain="example.org"))
    assert isinstance(verdict, RefusedVerdict), verdict
    assert verdict.valid is False
    assert verdict.error == "DOMAIN_LIMIT_REACHED"
    assert verdict.details.to_dict() == {"limit": 1, "used": 1}


@check("reads the verdict of an unknown key")
def _():
    response = validate.sync_detailed(client=app, body=ValidateRequest(key="unknown-key-of-nobody"))
    assert response.status_code == 404
    assert isinstance(response.parsed, UnknownKeyVerdict), response.parsed
    assert response.parsed.error == "LICENSE_NOT_FOUND"


@check("reads a problem with its invalid field")
def _():
    body = CreateLicenseRequest.from_dict(order | {"plan": "none"})
    problem = create_license.sync(client=vendor, body=body)
    assert isinstance(problem, Problem), problem
    assert problem.code == "validation_failed"
    assert problem.errors[0].pointer == "/plan"
