from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from licet import FieldError, HttpRequest, HttpResponse, LicetProblem, NoAnswer
from licet.admin import ROUTES, AsyncLicetAdmin, LicetAdmin, fill_route

from .signing_server import Reply, Seen, SigningServer
from .vectors import SUITE

ORDER = {"plan": "professional", "customer_email": "dev@example.com"}
LICENSE = Reply(201, {"id": "lic_1"})
BUSY = Reply(503, {"code": "unavailable"}, (("retry-after", "0"),))
CUT = Reply(None)


class Script:
    """A server that gives each request the next of some replies."""

    def __init__(self, server: SigningServer) -> None:
        self.url = server.url
        self.requests = server.requests
        self._replies: list[Reply] = []
        server.reply = self._next

    def plan(self, *replies: Reply) -> None:
        self._replies = list(replies)

    def _next(self, _: Seen) -> Reply:
        return self._replies.pop(0) if self._replies else Reply(404, {"code": "too_many"})

    @property
    def admin(self) -> LicetAdmin:
        return LicetAdmin(self.url, "licet_fake")


@pytest.fixture
def script() -> Iterator[Script]:
    with SigningServer() as server:
        yield Script(server)


def test_a_post_has_the_same_idempotency_key_on_all_attempts_and_another_one_on_the_next_call(
    script: Script,
) -> None:
    script.plan(BUSY, CUT, LICENSE, LICENSE)
    admin = script.admin
    assert admin.licenses.create(**ORDER)["id"] == "lic_1"
    admin.licenses.create(**ORDER)
    first, second, third, other = (each.headers["idempotency-key"] for each in script.requests)
    assert first == second == third != other
    assert script.requests[2].body == ORDER


def test_an_idempotency_key_of_the_caller_is_sent_as_it_is_and_no_other_method_has_one(
    script: Script,
) -> None:
    script.plan(LICENSE, LICENSE, LICENSE)
    admin = script.admin
    admin.licenses.create(idempotency_key="order-1001", **ORDER)
    admin.licenses.get("lic_1")
    admin.licenses.update("lic_1", if_match=7, customer_name="Ada")
    first, second, third = (each.headers for each in script.requests)
    assert first["idempotency-key"] == "order-1001"
    assert "idempotency-key" not in second
    assert "idempotency-key" not in third
    assert third["if-match"] == '"7"'
    assert first["authorization"] == "Bearer licet_fake"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_retried_twice_and_then_raised(
    script: Script, status: int
) -> None:
    busy = Reply(status, BUSY.body, BUSY.headers)
    script.plan(busy, busy, busy, LICENSE)
    with pytest.raises(LicetProblem) as caught:
        script.admin.licenses.get("lic_1")
    assert (caught.value.status, len(script.requests)) == (status, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 415, 422])
def test_a_status_that_will_not_pass_is_not_retried(script: Script, status: int) -> None:
    script.plan(Reply(status, {"code": "refused"}), LICENSE)
    with pytest.raises(LicetProblem, match="refused"):
        script.admin.licenses.create(**ORDER)
    assert len(script.requests) == 1


def test_a_repetition_that_meets_its_own_first_attempt_is_retried(script: Script) -> None:
    script.plan(CUT, Reply(409, {"code": "idempotency_in_progress"}), LICENSE)
    assert script.admin.licenses.create(**ORDER)["id"] == "lic_1"


def test_a_method_that_is_not_idempotent_is_not_retried(script: Script) -> None:
    script.plan(BUSY, LICENSE)
    with pytest.raises(LicetProblem):
        script.admin.request("patch", "/api/v1/anything", {})
    assert [each.method for each in script.requests] == ["PATCH"]


def test_retries_can_be_turned_off(script: Script) -> None:
    script.plan(CUT, LICENSE)
    with pytest.raises(NoAnswer) as caught:
        LicetAdmin(script.url, "licet_fake", retries=0).licenses.get("lic_1")
    assert caught.value.reason == "network"


def test_a_server_that_asks_for_more_than_a_minute_is_not_waited_for(script: Script) -> None:
    script.plan(Reply(503, {}, (("retry-after", "61"),)), LICENSE)
    with pytest.raises(LicetProblem) as caught:
        script.admin.licenses.get("lic_1")
    assert (caught.value.retry_after, len(script.requests)) == (61.0, 1)


def test_a_problem_has_the_invalid_fields_and_the_id_of_the_request(script: Script) -> None:
    errors = [{"pointer": "/plan", "detail": "There is no such plan."}]
    body = {"code": "validation_failed", "detail": "A field is invalid.", "errors": errors}
    script.plan(Reply(422, body, (("x-request-id", "req_1"),)))
    with pytest.raises(LicetProblem, match=r"validation_failed: A field is invalid\.") as caught:
        script.admin.licenses.create(**ORDER)
    assert caught.value.errors == (FieldError("/plan", "There is no such plan."),)
    assert caught.value.request_id == "req_1"


PAGES = (
    Reply(200, {"data": [{"id": "lic_1"}, {"id": "lic_2"}], "next_cursor": "a b"}),
    Reply(200, {"data": [{"id": "lic_3"}], "next_cursor": None}),
)


def test_a_list_is_read_page_by_page_while_it_is_iterated(script: Script) -> None:
    script.plan(*PAGES)
    licenses = script.admin.licenses.list(plan="pro", limit=2, domain=None)
    assert script.requests == []
    assert [each["id"] for each in licenses] == ["lic_1", "lic_2", "lic_3"]
    paths = [each.path for each in script.requests]
    assert paths[0] == "/api/v1/licenses?plan=pro&limit=2"
    assert paths[1] == "/api/v1/licenses?plan=pro&limit=2&cursor=a+b"


def test_an_asynchronous_list_is_read_page_by_page_while_it_is_iterated(script: Script) -> None:
    script.plan(*PAGES, PAGES[0], Reply(204))

    async def run() -> list[str]:
        admin = AsyncLicetAdmin(script.url, "licet_fake")
        ids = [each["id"] async for each in admin.licenses.list()]
        assert (await admin.licenses.list().page())["next_cursor"] == "a b"
        await admin.webhooks.delete("wh_1")
        return ids

    assert asyncio.run(run()) == ["lic_1", "lic_2", "lic_3"]


def test_a_response_that_is_not_licets_is_no_answer(script: Script) -> None:
    script.plan(Reply(200, ["a", "list"]))
    with pytest.raises(NoAnswer, match="URL of the server"):
        script.admin.licenses.get("lic_1")


def test_a_response_without_a_body_and_one_that_is_no_json_are_returned_as_they_are() -> None:
    answers = [
        HttpResponse(204, {}, b""),
        HttpResponse(200, {"Content-Type": "text/plain"}, b"a feed"),
        HttpResponse(200, {"Content-Type": "application/json; charset=utf-8"}, b"[1]"),
    ]

    def transport(_: HttpRequest) -> HttpResponse:
        return answers.pop(0)

    admin = LicetAdmin("https://licenses.example.com", "licet_fake", transport=transport)
    assert [admin.request("GET", "/x") for _ in range(3)] == [None, "a feed", [1]]


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_an_id_that_would_lead_to_another_route_is_refused(id: str) -> None:
    with pytest.raises(ValueError, match="getLicense"):
        fill_route("getLicense", (id,))


def test_an_id_is_quoted() -> None:
    ids = ("a/b", "c?\\1")
    assert fill_route("deleteLicenseSeat", ids)[1] == "/api/v1/licenses/a%2Fb/seats/c%3F%5C1"


def test_a_path_cannot_change_the_host() -> None:
    with pytest.raises(ValueError, match="slash"):
        LicetAdmin("https://licenses.example.com", "licet_fake").request("GET", "@evil.example")


def test_each_route_is_in_the_openapi_document() -> None:
    paths = json.loads((SUITE.parents[1] / "openapi.json").read_text(encoding="utf-8"))["paths"]
    known = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "operationId" in operation
    }
    assert {name: known.get(name) for name in ROUTES} == dict(ROUTES)
