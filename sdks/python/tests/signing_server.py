"""A server that signs like Licet, with a key of its own."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DAY = 86_400
#: Short, so that a held seat is renewed at once.
SEAT_SECONDS = 1


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Reply:
    """Without a status, the connection is closed."""

    status: int | None
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class SigningServer:
    """Grants everything, unless ``reply`` returns something else."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public_key = _encode(self._key.public_key().public_bytes_raw())
        self.requests: list[Seen] = []
        self.reply: Callable[[Seen], Reply | None] = lambda _: None
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def paths(self) -> list[str]:
        return [each.path.rpartition("/")[2] for each in self.requests]

    def __enter__(self) -> SigningServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        signing = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, raw)
                signing.requests.append(seen)
                reply = signing.reply(seen) or signing._grant(seen)
                if reply.status is None:
                    self.close_connection = True
                    return
                text = b"" if reply.body is None else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in (("content-type", "application/json"), *reply.headers):
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def sign_file(self, **changes: Any) -> str:
        exp = int(time.time()) + 365 * DAY
        ends = {"rfa": exp, "vld": exp, "exp": exp, "non": None, "req": None}
        return self._sign("licet-file+jwt", {**_build_lease(), **ends, "ret": "A" * 22, **changes})

    def sign_feed(self, revoked: list[tuple[str, int]]) -> str:
        entries = {"from": 0, "to": 1, "more": False, "revoked": revoked, "keys": []}
        return self._sign("licet-revocations+jwt", {**_build_lease(), **entries})

    def _sign(self, typ: str, claims: dict[str, Any]) -> str:
        thumbprint = f'{{"crv":"Ed25519","kty":"OKP","x":"{self.public_key}"}}'
        header = {"alg": "EdDSA", "kid": _hash(thumbprint.encode())[:16], "typ": typ}
        text = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
        return f"{text}.{_encode(self._key.sign(text.encode()))}"

    def _grant(self, seen: Seen) -> Reply:
        lease = _build_lease()
        body = seen.body
        fingerprint = body.get("fingerprint")
        lease["fp"] = None if fingerprint is None else _hash(fingerprint.encode())
        route = seen.path.partition("/api/v1")[2]
        lease.update(non=body.get("nonce"), req=_hash(seen.raw), rte=route)
        granted: dict[str, Any]
        if "/seats/" in seen.path:
            end = lease["iat"] + SEAT_SECONDS
            lease["sea"] = {"id": "seat_1", "exp": end}
            granted = {"id": "seat_1", "expires_at": _format(end)}
        elif seen.path.endswith("activate"):
            granted = {"id": "act_1", "kind": "device", "value": fingerprint, "name": None}
            granted["created_at"] = _format(lease["iat"])
        else:
            license = {"id": "lic_1", "plan": "pro", "features": {"sso": True}, "expiresAt": None}
            granted = {"valid": True, "license": license, "warnings": []}
        if lease["non"] is not None:
            granted["signed"] = self._sign("licet-lease+jwt", lease)
        return Reply(200, granted)


def _build_lease() -> dict[str, Any]:
    iat = int(time.time())
    return {
        "iss": "licet",
        "jti": "jti-1",
        "iat": iat,
        "nbf": iat - 300,
        "aud": "editor",
        "sub": "lic_1",
        "valid": True,
        "plan": "pro",
        "features": {"sso": True},
        "warnings": [],
        "dom": None,
        "fp": None,
        "act": [],
        "sea": None,
        "end": None,
        "rev": 0,
        "rfa": iat + DAY,
        "vld": iat + 7 * DAY,
        "exp": iat + 30 * DAY,
        "non": None,
        "req": None,
    }


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _hash(data: bytes) -> str:
    return _encode(hashlib.sha256(data).digest())


def _format(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
