from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ._encoding import WHITE_SPACE, sha256_hex
from ._store import ConfigStore, Store

#: Where a fingerprint comes from: the app, the variable LICET_FINGERPRINT, the operating system's
#: ID of the machine, or random bytes that are kept in the store.
FingerprintKind = Literal["option", "environment", "machine", "random"]

_VARIABLE = "LICET_FINGERPRINT"
_RANDOM_BYTES = 16
_STORED_NAME = "licet-device"
_STORED_ID = re.compile(r"[0-9a-f]{32}")
_COMMAND_SECONDS_MAX = 3
_LINUX_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Fingerprint:
    value: str
    kind: FingerprintKind


def fingerprint(app_id: str, store: Store | None = None) -> Fingerprint:
    """Returns the fingerprint of this device for one app, and where it comes from.

    In a container it is random, because the ID of the machine would be that of the image: use
    seats there, or set ``LICET_FINGERPRINT``.
    """
    check_app_id(app_id)
    return find_fingerprint(app_id, store or ConfigStore(app_id))


def check_app_id(app_id: str) -> None:
    """An app ID is part of the path of a file."""
    if _APP_ID.fullmatch(app_id) is None:
        raise ValueError("app_id must be 1-100 letters, digits, dots, dashes or underscores.")


def find_machine_id() -> str | None:
    """Returns the operating system's ID of this machine; None without one, or in a container."""
    if sys.platform == "linux":
        return None if _is_container() else _find_linux_id()
    if sys.platform == "darwin":
        command = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
        return _find_in_output(command, r'"IOPlatformUUID" = "([^"]+)"')
    if sys.platform == "win32":
        return _read_machine_guid()
    return None


def find_fingerprint(
    app_id: str,
    store: Store,
    option: str | None = None,
    *,
    variable: str | None = None,
    find_machine_id: Callable[[], str | None] = find_machine_id,
) -> Fingerprint:
    """Returns the first of the sources that is there and not blank."""
    if option is not None and option.strip(WHITE_SPACE):
        return Fingerprint(option, "option")
    variable = os.environ.get(_VARIABLE) if variable is None else variable
    if variable is not None and variable.strip(WHITE_SPACE):
        return Fingerprint(variable, "environment")
    machine_id = find_machine_id()
    if machine_id is not None and machine_id.strip(WHITE_SPACE):
        return Fingerprint(hash_machine_id(app_id, machine_id), "machine")
    return Fingerprint(hash_machine_id(app_id, _find_random_id(store)), "random")


def hash_machine_id(app_id: str, machine_id: str) -> str:
    """Returns the hash of an app's ID and a machine ID, so that no two apps share fingerprints."""
    return sha256_hex(f"licet-fp-v1\n{app_id}\n{machine_id.strip(WHITE_SPACE)}")


def _find_random_id(store: Store) -> str:
    stored = _read_stored_id(store)
    if stored is not None:
        return stored
    id = secrets.token_hex(_RANDOM_BYTES)
    store.put(_STORED_NAME, id)
    # Another process may have stored its own at the same time. The last one is that of the device.
    return _read_stored_id(store) or id


def _read_stored_id(store: Store) -> str | None:
    stored = store.get(_STORED_NAME)
    return stored if stored is not None and _STORED_ID.fullmatch(stored) else None


def _is_container() -> bool:
    """In a container, the ID is that of the image, or a new one on each start."""
    is_pod = "KUBERNETES_SERVICE_HOST" in os.environ
    return is_pod or any(os.path.exists(path) for path in _CONTAINER_FILES)


def _find_linux_id() -> str | None:
    for path in _LINUX_FILES:
        try:
            id = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            continue
        if id:
            return id
    return None


def _find_in_output(command: list[str], pattern: str) -> str | None:
    try:
        output = subprocess.run(
            command, capture_output=True, text=True, timeout=_COMMAND_SECONDS_MAX, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    match = re.search(pattern, output)
    return match[1] if match is not None else None


def _read_machine_guid() -> str | None:
    if sys.platform != "win32":
        return None
    import winreg

    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    path = r"SOFTWARE\Microsoft\Cryptography"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return None
