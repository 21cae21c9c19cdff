from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ._errors import LicetError, NoAnswer

Result = TypeVar("Result")

_CHUNK_BYTES = 64 * 1024
_SPACE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True)
class HttpRequest:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    #: The time for the whole response, in seconds.
    timeout: float
    #: A longer response is no answer.
    body_bytes_max: int = 1024 * 1024


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes


#: Sends one request, without following redirects, and returns any response, whatever its status.
#: Anything that it raises is a failed connection.
Transport = Callable[[HttpRequest], HttpResponse]


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Returns all responses as they are: a redirect is not followed, and an error not raised."""

    def http_response(
        self,
        request: urllib.request.Request,  # noqa: ARG002
        response: http.client.HTTPResponse,
    ) -> http.client.HTTPResponse:
        return response

    https_response = http_response


class HttpTransport:
    """The transport of the standard library.

    Honors the proxy settings of the system and of the environment (``HTTPS_PROXY``, ``NO_PROXY``),
    unless a proxy is given. ``ca_file`` has certificates that are trusted besides those of the
    system; ``ssl_context`` replaces all of them.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        ca_file: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._proxies = None if proxy is None else {"http": proxy, "https": proxy}
        self._context = ssl_context
        if ca_file is not None:
            self._context = self._context or ssl.create_default_context()
            self._context.load_verify_locations(cafile=ca_file)

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """Is built for the first request, because it reads the certificates of the system."""
        return urllib.request.build_opener(
            urllib.request.ProxyHandler(self._proxies),
            urllib.request.HTTPSHandler(context=self._context or ssl.create_default_context()),
            _AnyStatus(),
        )

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        deadline = time.monotonic() + request.timeout
        prepared = urllib.request.Request(
            request.url, request.body, dict(request.headers), method=request.method
        )
        with self._opener.open(prepared, timeout=request.timeout) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = _read_body(response, request.body_bytes_max, deadline)
            return HttpResponse(response.status, headers, body)


def _read_body(response: http.client.HTTPResponse, bytes_max: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    length = 0
    while True:
        chunk = response.read1(_CHUNK_BYTES)
        if not chunk:
            break
        length += len(chunk)
        if length > bytes_max:
            raise NoAnswer("too_large", f"The response has more than {bytes_max} bytes.")
        if time.monotonic() > deadline:
            raise NoAnswer("timeout", "The response is too slow.")
        chunks.append(chunk)
    if response.length:
        raise http.client.IncompleteRead(b"".join(chunks), response.length)
    return b"".join(chunks)


def send(transport: Transport, request: HttpRequest) -> HttpResponse:
    """Sends one request. Raises ``NoAnswer`` if there is no response in time, or a redirect."""
    try:
        response = run_within(request.timeout, lambda: transport(request))
    except LicetError:
        raise
    # Before Python 3.11 these are three classes.
    except (TimeoutError, FutureTimeoutError, socket.timeout) as error:
        raise NoAnswer("timeout", f"No answer within {request.timeout:g} seconds.") from error
    except Exception as error:
        reason = getattr(error, "reason", None)
        if isinstance(reason, (TimeoutError, socket.timeout)):
            raise NoAnswer("timeout", f"No answer within {request.timeout:g} seconds.") from error
        raise NoAnswer("network", "The server cannot be reached.") from error
    status = response.status
    # Licet never redirects. A captive portal does, and the key must not follow.
    if 300 <= status < 400:
        message = "The address redirects, which Licet never does."
        raise NoAnswer("not_licet", message, status=status)
    if len(response.body) > request.body_bytes_max:
        raise NoAnswer("too_large", f"The response has more than {request.body_bytes_max} bytes.")
    return response


def run_within(seconds: float, work: Callable[[], Result]) -> Result:
    """Returns what ``work`` returns, or raises ``TimeoutError`` and leaves it alone.

    No limit of a socket covers the look-up of a name, which can take half a minute.
    """
    future = start_thread(work, is_daemon=True)
    return future.result(seconds)


def start_thread(work: Callable[[], Result], *, is_daemon: bool) -> Future[Result]:
    """Runs ``work`` in a thread of its own. At its exit, the interpreter waits for no daemon."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="licet", daemon=is_daemon).start()
    return future


def parse_server_url(text: str) -> str:
    """Returns the address of a server without a slash at its end. Raises ``ValueError``."""
    message = "url must be the address of the server, such as https://licenses.example.com"
    if not isinstance(text, str) or _SPACE.search(text.strip()) is not None:
        raise ValueError(message)
    try:
        parts = urlsplit(text.strip())
        is_base = parts.scheme in ("http", "https") and bool(parts.hostname)
        rest: list[Any] = [parts.query, parts.fragment, parts.username, parts.password]
        parts.port  # noqa: B018 Raises ValueError for a wrong one.
    except ValueError:
        raise ValueError(message) from None
    if not is_base or any(rest):
        raise ValueError(message)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
