from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable

from ._encoding import WHITE_SPACE

_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE | re.ASCII)
_BEHIND_HOST = re.compile(r"[/?#].*", re.DOTALL)
#: Signs that a URL parser would take as something else than a host.
_NOT_A_HOST = re.compile(f"[{WHITE_SPACE}\0-\x1f\x7f@%\\\\]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_PORT = re.compile(r":([0-9]*)$")
_PORT_MAX = 65_535
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
#: Characters that non-transitional processing (UTS 46) removes, and others that it keeps.
_IGNORED = re.compile("[\u00ad\u034f\u180b-\u180f\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]")
_KEPT = "\u00df\u03c2"


def normalize_host(text: str) -> str | None:
    """Returns the host of a domain or URL, or None for anything else (conformance suite, §Domains).

    It is in lower case and punycode, without scheme, port, path, trailing dot and brackets; an IPv4
    address that is mapped to IPv6 is returned as itself.
    """
    authority = _BEHIND_HOST.sub("", _SCHEME.sub("", text.strip(WHITE_SPACE), count=1))
    if _NOT_A_HOST.search(authority) is not None:
        return None
    if authority.startswith("[") or authority.count(":") > 1:
        return _normalize_ipv6(authority)
    port = _PORT.search(authority)
    host = _to_ascii(authority[: port.start()] if port is not None else authority)
    if host is None or (port is not None and int(port[1] or "0") > _PORT_MAX):
        return None
    host = host[:-1] if host.endswith(".") else host
    if _NUMBER.fullmatch(host.rpartition(".")[2]) is not None:
        return _normalize_ipv4(host)
    return host if _HOST.fullmatch(host) is not None else None


def covers_domain(entries: Iterable[str], domain: str) -> bool:
    """Returns whether a license for ``entries`` covers a domain.

    ``example.com`` covers itself and its ``www.``, and ``*.example.com`` every host below it. Whole
    labels are compared: ``a.io`` covers neither ``data.io`` nor ``a.io.evil.com``.
    """
    host = normalize_host(domain)
    if host is None:
        return False
    names = [host]
    while names[-1].startswith("www."):
        names.append(names[-1][4:])
    return any(
        host.endswith(entry[1:]) if entry.startswith("*.") else entry in names for entry in entries
    )


def _normalize_ipv6(authority: str) -> str | None:
    match = re.fullmatch(r"\[([^\]]*)\](?::[0-9]*)?", authority)
    try:
        address = ipaddress.IPv6Address(match[1] if match is not None else authority)
    except ValueError:
        return None
    return str(address.ipv4_mapped or address)


def _normalize_ipv4(host: str) -> str | None:
    """Reads an address like browsers do, with parts that are octal, hexadecimal or left out."""
    parts = host.split(".")
    if len(parts) > 4 or any(_NUMBER.fullmatch(part) is None for part in parts):
        return None
    try:
        *first, last = (_parse_number(part) for part in parts)
    except ValueError:
        return None
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        return None
    address = sum(number << (24 - 8 * index) for index, number in enumerate(first)) + last
    return str(ipaddress.IPv4Address(address))


def _parse_number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def _to_ascii(host: str) -> str | None:
    """Converts labels to punycode (RFC 3492), after a mapping to lower case as in UTS 46."""
    labels = _DOTS.sub(".", host).split(".")
    try:
        return ".".join(_encode_label(label) for label in labels)
    except UnicodeError:
        return None


def _encode_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    mapped = "".join(
        each if each in _KEPT else unicodedata.normalize("NFKC", each.casefold()) for each in label
    )
    normal = unicodedata.normalize("NFC", _IGNORED.sub("", mapped))
    return normal.lower() if normal.isascii() else f"xn--{normal.encode('punycode').decode()}"
