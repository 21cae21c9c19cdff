"""The management API, for your own servers. Its API key must never be part of an app."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from ._async import Threads
from ._encoding import parse_json, parse_object, to_json, to_utf8
from ._errors import FieldError, LicetProblem, NoAnswer
from ._http import HttpRequest, HttpResponse, HttpTransport, Transport, parse_server_url, send
from ._retry import parse_retry_after, retry
from ._version import USER_AGENT

__all__ = [
    "AsyncLicetAdmin",
    "AsyncPages",
    "FieldError",
    "Json",
    "LicetAdmin",
    "LicetProblem",
    "NoAnswer",
    "Pages",
]

#: An object of the API, as it is.
Json = dict[str, Any]

_TIMEOUT = 30.0
_RETRIES = 2
_RESPONSE_BYTES_MAX = 64 * 1024 * 1024
#: The methods that are idempotent: a POST is, because it always has an Idempotency-Key.
_REPEATED_METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST")
_JSON_TYPE = re.compile(r"application/(?:[\w.]+\+)?json\b", re.IGNORECASE)

#: The operations that have a method, by their ID in the OpenAPI document.
ROUTES: Mapping[str, str] = {
    "createLicense": "POST /api/v1/licenses",
    "createLicenses": "POST /api/v1/licenses/batch",
    "getLicense": "GET /api/v1/licenses/{id}",
    "listLicenses": "GET /api/v1/licenses",
    "lookupLicense": "POST /api/v1/licenses/lookup",
    "searchLicenses": "POST /api/v1/search",
    "updateLicense": "PUT /api/v1/licenses/{id}",
    "revokeLicense": "POST /api/v1/licenses/{id}/revoke",
    "suspendLicense": "POST /api/v1/licenses/{id}/suspend",
    "reinstateLicense": "POST /api/v1/licenses/{id}/reinstate",
    "renewLicense": "POST /api/v1/licenses/{id}/renew",
    "rotateLicenseKey": "POST /api/v1/licenses/{id}/rotate-key",
    "changeLicenses": "POST /api/v1/licenses/bulk",
    "explainLicense": "GET /api/v1/licenses/{id}/explain",
    "sendLicenseMail": "POST /api/v1/licenses/{id}/mail",
    "createLicenseFile": "POST /api/v1/licenses/{id}/file",
    "listLicenseFiles": "GET /api/v1/licenses/{id}/files",
    "listLicenseUsage": "GET /api/v1/licenses/{id}/usage",
    "getLicenseUsageSeries": "GET /api/v1/licenses/{id}/usage/series",
    "listLicenseEvents": "GET /api/v1/licenses/{id}/events",
    "listLicenseActivations": "GET /api/v1/licenses/{id}/activations",
    "deleteLicenseActivation": "DELETE /api/v1/licenses/{id}/activations/{activation_id}",
    "moveLicenseActivation": "POST /api/v1/licenses/{id}/activations/move",
    "listLicenseSeats": "GET /api/v1/licenses/{id}/seats",
    "deleteLicenseSeat": "DELETE /api/v1/licenses/{id}/seats/{seat_id}",
    "createProduct": "POST /api/v1/products",
    "getProduct": "GET /api/v1/products/{slug}",
    "listProducts": "GET /api/v1/products",
    "updateProduct": "PUT /api/v1/products/{slug}",
    "createPlan": "POST /api/v1/plans",
    "getPlan": "GET /api/v1/plans/{slug}",
    "listPlans": "GET /api/v1/plans",
    "updatePlan": "PUT /api/v1/plans/{slug}",
    "deletePlan": "DELETE /api/v1/plans/{slug}",
    "createWebhook": "POST /api/v1/webhooks",
    "getWebhook": "GET /api/v1/webhooks/{id}",
    "listWebhooks": "GET /api/v1/webhooks",
    "updateWebhook": "PUT /api/v1/webhooks/{id}",
    "deleteWebhook": "DELETE /api/v1/webhooks/{id}",
    "rotateWebhookSecret": "POST /api/v1/webhooks/{id}/rotate-secret",
    "testWebhook": "POST /api/v1/webhooks/{id}/test",
    "recoverWebhookDeliveries": "POST /api/v1/webhooks/{id}/recover",
    "listWebhookDeliveries": "GET /api/v1/webhooks/{id}/deliveries",
    "getEvent": "GET /api/v1/events/{id}",
    "listEvents": "GET /api/v1/events",
}


class _Connection:
    def __init__(
        self, url: str, token: str, timeout: float, retries: int, transport: Transport | None
    ) -> None:
        self._base = parse_server_url(url)
        if not token.strip():
            raise ValueError("LicetAdmin needs an API key as its second argument.")
        self._token = token.strip()
        self._timeout = timeout
        self._retries = retries
        self._transport = transport or HttpTransport()

    def call(
        self,
        operation: str,
        *ids: str,
        body: object = None,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        if_match: int | None = None,
    ) -> Json:
        method, path = fill_route(operation, ids)
        value = self.request(
            method,
            path,
            body,
            query=query,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        if value is None:
            return {}
        if not isinstance(value, dict):
            message = "Something else than Licet answered. Check the URL of the server."
            raise NoAnswer("not_licet", message)
        return value

    def call_without_result(self, operation: str, *ids: str) -> None:
        self.call(operation, *ids)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        if_match: int | None = None,
    ) -> Any:
        # Without the slash, the path could change the host.
        if not path.startswith("/"):
            raise ValueError(f"A path starts with a slash, unlike {path}.")
        headers = {
            "accept": "application/json",
            "authorization": f"Bearer {self._token}",
            "user-agent": USER_AGENT,
        }
        if method == "POST":
            headers["idempotency-key"] = idempotency_key or str(uuid.uuid4())
        if if_match is not None:
            headers["if-match"] = f'"{if_match}"'
        if body is not None:
            headers["content-type"] = "application/json"
        request = HttpRequest(
            method,
            self._base + path + _build_query(path, query or {}),
            headers,
            None if body is None else to_utf8(to_json(body)),
            self._timeout,
            _RESPONSE_BYTES_MAX,
        )
        retries = self._retries if method in _REPEATED_METHODS else 0

        def attempt(_: float) -> Any:
            return _read_result(send(self._transport, request))

        return retry(attempt, attempts_max=retries + 1, total=float("inf"))


def fill_route(operation: str, ids: tuple[str, ...]) -> tuple[str, str]:
    """Returns the method and path of an operation, with IDs in place of its parameters.

    Raises ``ValueError`` for an ID that would lead to another route, such as an empty one.
    """
    method, _, path = ROUTES[operation].partition(" ")
    for id in ids:
        if not isinstance(id, str) or id in ("", ".", ".."):
            raise ValueError(f"{operation} needs the ID of an existing object, not {id!r}.")
        # Quoted, an ID has no backslash, which would be special here.
        path = re.sub(r"\{\w+\}", quote(id, safe=""), path, count=1)
    return method, path


def _build_query(path: str, query: Mapping[str, Any]) -> str:
    """A list is joined with commas; None is left out."""
    given = {name: _format(value) for name, value in query.items() if value is not None}
    if not given:
        return ""
    return f"{'&' if '?' in path else '?'}{urlencode(given)}"


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_format(each) for each in value)
    return str(value)


def _read_result(response: HttpResponse) -> Any:
    """Returns JSON, text, or None. Raises ``LicetProblem`` for a status that is no success."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = response.body.decode("utf-8-sig", errors="replace")
    is_json = _JSON_TYPE.match(headers.get("content-type", "")) is not None
    if 200 <= response.status < 300:
        return _read_json(text, response.status) if is_json and text else text or None
    raise LicetProblem(
        response.status,
        (parse_object(text) if is_json else None) or {},
        request_id=headers.get("x-request-id"),
        retry_after=parse_retry_after(headers.get("retry-after"), time.time()),
    )


def _read_json(text: str, status: int) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        message = "The response is not JSON, although it says so."
        raise NoAnswer("not_licet", message, status=status) from None


class Pages:
    """A list that is read page by page while it is iterated. Nothing is requested before that."""

    def __init__(self, read: Callable[[str | None], Json]) -> None:
        self._read = read

    def page(self) -> Json:
        """Returns the first page. Its ``next_cursor`` is the ``cursor`` of the next one."""
        return self._read(None)

    def pages(self) -> Iterator[Json]:
        page = self._read(None)
        yield page
        while page.get("next_cursor") is not None:
            page = self._read(page["next_cursor"])
            yield page

    def __iter__(self) -> Iterator[Json]:
        for page in self.pages():
            yield from page["data"]


class AsyncPages:
    """A list that is read page by page while it is iterated. Nothing is requested before that."""

    def __init__(self, read: Callable[[str | None], Awaitable[Json]]) -> None:
        self._read = read

    async def page(self) -> Json:
        """Returns the first page. Its ``next_cursor`` is the ``cursor`` of the next one."""
        return await self._read(None)

    async def pages(self) -> AsyncIterator[Json]:
        page = await self._read(None)
        yield page
        while page.get("next_cursor") is not None:
            page = await self._read(page["next_cursor"])
            yield page

    async def __aiter__(self) -> AsyncIterator[Json]:
        async for page in self.pages():
            for each in page["data"]:
                yield each


# What the calls return: the values themselves, or what to await.
One = TypeVar("One")
Many = TypeVar("Many")
Nothing = TypeVar("Nothing")


class _Calls(Generic[One, Many, Nothing]):
    def __init__(
        self,
        one: Callable[..., One],
        many: Callable[[str, tuple[str, ...], Mapping[str, Any]], Many],
        nothing: Callable[..., Nothing],
    ) -> None:
        self._one = one
        self._many = many
        self._nothing = nothing


class Products(_Calls[One, Many, Nothing]):
    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        return self._one("createProduct", body=fields, idempotency_key=idempotency_key)

    def get(self, slug: str) -> One:
        return self._one("getProduct", slug)

    def list(self, **query: Any) -> Many:
        return self._many("listProducts", (), query)

    def update(self, slug: str, **fields: Any) -> One:
        return self._one("updateProduct", slug, body=fields)


class Plans(_Calls[One, Many, Nothing]):
    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        return self._one("createPlan", body=fields, idempotency_key=idempotency_key)

    def get(self, slug: str) -> One:
        return self._one("getPlan", slug)

    def list(self, **query: Any) -> Many:
        return self._many("listPlans", (), query)

    def update(self, slug: str, **fields: Any) -> One:
        """Changes the fields that are given, for all licenses of the plan."""
        return self._one("updatePlan", slug, body=fields)

    def delete(self, slug: str) -> Nothing:
        """Deletes a plan that no license uses."""
        return self._nothing("deletePlan", slug)


class Licenses(_Calls[One, Many, Nothing]):
    """The calls about licenses. ``id`` is the ID of a license: ``lookup`` finds it by its key.

    ``if_match`` is the ``version`` of the license as you read it: if it has changed, the call fails
    with status 412.
    """

    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Issues a license."""
        return self._one("createLicense", body=fields, idempotency_key=idempotency_key)

    def create_many(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Issues up to 1,000 licenses with the same values."""
        return self._one("createLicenses", body=fields, idempotency_key=idempotency_key)

    def get(self, id: str) -> One:
        return self._one("getLicense", id)

    def list(self, **query: Any) -> Many:
        """Lists licenses, newest first."""
        return self._many("listLicenses", (), query)

    def lookup(self, key: str) -> One:
        """Returns the license with this key, however the key is spelled."""
        return self._one("lookupLicense", body={"key": key})

    def search(self, text: str) -> One:
        """Finds licenses by a key or a part of it, an email address, a domain, a name, an ID …"""
        return self._one("searchLicenses", body={"text": text})

    def explain(self, id: str, **query: Any) -> One:
        """Returns the checks of a validation with their results, without counting it."""
        return self._one("explainLicense", id, query=query)

    def update(self, id: str, *, if_match: int | None = None, **fields: Any) -> One:
        """Changes the fields that are given."""
        return self._one("updateLicense", id, body=fields, if_match=if_match)

    def revoke(self, id: str, *, if_match: int | None = None, **fields: Any) -> One:
        """Ends a license for good."""
        return self._one("revokeLicense", id, body=fields, if_match=if_match)

    def suspend(self, id: str, *, if_match: int | None = None, **fields: Any) -> One:
        """Refuses all validations until the license is reinstated."""
        return self._one("suspendLicense", id, body=fields, if_match=if_match)

    def reinstate(self, id: str, *, if_match: int | None = None) -> One:
        return self._one("reinstateLicense", id, if_match=if_match)

    def renew(
        self,
        id: str,
        *,
        idempotency_key: str | None = None,
        if_match: int | None = None,
        **fields: Any,
    ) -> One:
        """Moves the end of the license: by the duration of its plan, by days, or to a time."""
        return self._one(
            "renewLicense", id, body=fields, idempotency_key=idempotency_key, if_match=if_match
        )

    def rotate_key(self, id: str, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Gives the license a new key. The old one is valid for as long as the fields say."""
        return self._one("rotateLicenseKey", id, body=fields, idempotency_key=idempotency_key)

    def change_many(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Changes all licenses that match a filter."""
        return self._one("changeLicenses", body=fields, idempotency_key=idempotency_key)

    def mail(self, id: str, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Mails the customer, such as with the key."""
        return self._one("sendLicenseMail", id, body=fields, idempotency_key=idempotency_key)

    def usage(self, id: str, **query: Any) -> Many:
        """Lists the validations of a license. Each page has a ``summary`` of the whole range."""
        return self._many("listLicenseUsage", (id,), query)

    def usage_series(self, id: str, **query: Any) -> One:
        """Returns the validations of a license per hour or day."""
        return self._one("getLicenseUsageSeries", id, query=query)

    def events(self, id: str, **query: Any) -> Many:
        return self._many("listLicenseEvents", (id,), query)

    def activations(self, id: str, **query: Any) -> Many:
        """Lists the domains and devices on which a license is used."""
        return self._many("listLicenseActivations", (id,), query)

    def delete_activation(self, id: str, activation_id: str) -> Nothing:
        return self._nothing("deleteLicenseActivation", id, activation_id)

    def move_activation(self, id: str, **fields: Any) -> One:
        """Moves an activation from one domain or device to another."""
        return self._one("moveLicenseActivation", id, body=fields)

    def create_file(self, id: str, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Issues a license file for a device or for domains that have no connection."""
        return self._one("createLicenseFile", id, body=fields, idempotency_key=idempotency_key)

    def files(self, id: str, **query: Any) -> Many:
        """Lists the license files that were issued, without their contents."""
        return self._many("listLicenseFiles", (id,), query)

    def seats(self, id: str, **query: Any) -> Many:
        return self._many("listLicenseSeats", (id,), query)

    def delete_seat(self, id: str, seat_id: str) -> Nothing:
        return self._nothing("deleteLicenseSeat", id, seat_id)


class WebhookEndpoints(_Calls[One, Many, Nothing]):
    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> One:
        """Creates an endpoint. ``secret`` is shown only once.

        It is None if the first response was lost and the request repeated. Then ``rotate_secret``
        makes a new one.
        """
        return self._one("createWebhook", body=fields, idempotency_key=idempotency_key)

    def get(self, id: str) -> One:
        return self._one("getWebhook", id)

    def list(self, **query: Any) -> Many:
        return self._many("listWebhooks", (), query)

    def update(self, id: str, **fields: Any) -> One:
        return self._one("updateWebhook", id, body=fields)

    def delete(self, id: str) -> Nothing:
        return self._nothing("deleteWebhook", id)

    def rotate_secret(self, id: str) -> One:
        return self._one("rotateWebhookSecret", id)

    def test(self, id: str) -> One:
        """Sends an event of the type ``webhook.test`` to the endpoint."""
        return self._one("testWebhook", id)

    def recover(self, id: str, **fields: Any) -> One:
        """Sends the events again that the endpoint has missed."""
        return self._one("recoverWebhookDeliveries", id, body=fields)

    def deliveries(self, id: str, **query: Any) -> Many:
        return self._many("listWebhookDeliveries", (id,), query)


class Events(_Calls[One, Many, Nothing]):
    def get(self, id: str) -> One:
        return self._one("getEvent", id)

    def list(self, **query: Any) -> Many:
        """Lists events, newest first, or those after the event ``after``, oldest first."""
        return self._many("listEvents", (), query)


class LicetAdmin:
    """The management API, for your own servers.

    Calls take the fields of the API as keyword arguments, and return its objects as they are. They
    raise ``LicetProblem`` if the server answers with an error, and ``NoAnswer`` if there is no
    response, in both cases after the retries.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = _TIMEOUT,
        retries: int = _RETRIES,
        transport: Transport | None = None,
    ) -> None:
        """``token`` is an API key such as ``licet_…``, and ``timeout`` that of each attempt."""
        self._connection = connection = _Connection(url, token, timeout, retries, transport)

        def many(operation: str, ids: tuple[str, ...], query: Mapping[str, Any]) -> Pages:
            return Pages(_read_page(connection, operation, ids, query))

        calls = (connection.call, many, connection.call_without_result)
        self.licenses: Licenses[Json, Pages, None] = Licenses(*calls)
        self.plans: Plans[Json, Pages, None] = Plans(*calls)
        self.products: Products[Json, Pages, None] = Products(*calls)
        self.webhooks: WebhookEndpoints[Json, Pages, None] = WebhookEndpoints(*calls)
        self.events: Events[Json, Pages, None] = Events(*calls)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        if_match: int | None = None,
    ) -> Any:
        """Sends any other request of the API, such as ``request("GET", "/api/v1/mails")``.

        Returns the JSON of the response, its text if it is not JSON, or None if it has no body.
        """
        return self._connection.request(
            method.upper(),
            path,
            body,
            query=query,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )


class AsyncLicetAdmin:
    """``LicetAdmin`` for asyncio: await its calls, and iterate its lists with ``async for``."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = _TIMEOUT,
        retries: int = _RETRIES,
        transport: Transport | None = None,
    ) -> None:
        self._connection = connection = _Connection(url, token, timeout, retries, transport)
        self._threads = threads = Threads()

        def one(operation: str, *ids: str, **options: Any) -> Awaitable[Json]:
            return threads.run(partial(connection.call, operation, *ids, **options))

        def nothing(operation: str, *ids: str) -> Awaitable[None]:
            return threads.run(partial(connection.call_without_result, operation, *ids))

        def many(operation: str, ids: tuple[str, ...], query: Mapping[str, Any]) -> AsyncPages:
            read = _read_page(connection, operation, ids, query)
            return AsyncPages(lambda cursor: threads.run(partial(read, cursor)))

        self.licenses: Licenses[Awaitable[Json], AsyncPages, Awaitable[None]] = Licenses(
            one, many, nothing
        )
        self.plans: Plans[Awaitable[Json], AsyncPages, Awaitable[None]] = Plans(one, many, nothing)
        self.products: Products[Awaitable[Json], AsyncPages, Awaitable[None]] = Products(
            one, many, nothing
        )
        self.webhooks: WebhookEndpoints[Awaitable[Json], AsyncPages, Awaitable[None]] = (
            WebhookEndpoints(one, many, nothing)
        )
        self.events: Events[Awaitable[Json], AsyncPages, Awaitable[None]] = Events(
            one, many, nothing
        )

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        if_match: int | None = None,
    ) -> Any:
        """See ``LicetAdmin.request``."""
        call = partial(
            self._connection.request,
            method.upper(),
            path,
            body,
            query=query,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._threads.run(call)


def _read_page(
    connection: _Connection, operation: str, ids: tuple[str, ...], query: Mapping[str, Any]
) -> Callable[[str | None], Json]:
    def read(cursor: str | None) -> Json:
        at = {} if cursor is None else {"cursor": cursor}
        return connection.call(operation, *ids, query={**query, **at})

    return read
