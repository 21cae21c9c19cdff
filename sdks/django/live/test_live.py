"""Runs the example site with the installed packages and the server LICET_BINARY."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from licet.admin import Json, LicetAdmin

FOLDER = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"
TOKEN = "the-token-of-the-django-tests"


def find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def ask(url: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return ask(url)[0] == 200
    except OSError:
        return False


@contextmanager
def run(command: list[str], environment: dict[str, str], url: str) -> Iterator[None]:
    """Runs a server until the end of the block, and waits until it answers at an address."""
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=FOLDER / "example",
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: server.poll() is not None or answers(url))
            if server.poll() is not None:
                log.seek(0)
                pytest.fail(log.read().decode())
            yield
        finally:
            server.terminate()
            server.wait()


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LicetAdmin]:
    port = find_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "LICET_PORT": str(port),
        "LICET_ADMIN_TOKEN": TOKEN,
        "LICET_DATA_DIR": str(tmp_path_factory.mktemp("licet")),
        "LICET_WEBHOOK_ALLOW_CIDRS": "127.0.0.1/32",
        "LICET_LOG_LEVEL": "error",
    }
    with run([os.environ["LICET_BINARY"], "serve"], environment, f"{url}/readyz"):
        admin = LicetAdmin(url, TOKEN)
        admin.products.create(slug="shop", name="Shop", key_prefix="SH")
        features = {"reports": True}
        admin.plans.create(slug="pro", product="shop", name="Pro", max_devices=2, features=features)
        yield admin


def issue(admin: LicetAdmin) -> Json:
    return admin.licenses.create(plan="pro", customer_email="dev@example.com")


@pytest.fixture
def environment(admin: LicetAdmin, tmp_path: Path) -> dict[str, str]:
    keys = admin.request("GET", "/.well-known/licet/jwks.json")["keys"]
    return {
        "LICET_URL": admin._connection._base,
        "LICET_PUBLIC_KEYS": ",".join(key["x"] for key in keys),
        "LICET_FINGERPRINT": "host-1",
        "SHOP_DATA": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }


@contextmanager
def run_site(environment: dict[str, str], port: int | None = None) -> Iterator[str]:
    port = port or find_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with run(command, environment, f"{url}/health"):
        yield url


def manage(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=FOLDER / "example",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


def test_a_site_is_licensed_also_after_a_restart_while_the_server_is_away(
    admin: LicetAdmin, environment: dict[str, str]
) -> None:
    given = {**environment, "LICENSE_KEY": issue(admin)["key"]}
    with run_site(given) as url:
        assert ask(f"{url}/")[0] == 200
        assert ask(f"{url}/reports") == (200, '{"reports": []}')
        status, text = ask(f"{url}/export")
        assert (status, json.loads(text)["code"]) == (402, "FEATURE_NOT_INCLUDED")
    with run_site({**given, "LICET_URL": NOWHERE}) as url:
        assert ask(f"{url}/reports")[0] == 200
        assert json.loads(ask(f"{url}/license")[1])["source"] == "lease"


def test_a_site_with_an_unknown_key_gets_402_and_without_an_answer_503(
    environment: dict[str, str],
) -> None:
    given = {**environment, "LICENSE_KEY": "an-unknown-license-key"}
    with run_site({**given, "LICET_URL": NOWHERE}) as url:
        status, text = ask(f"{url}/")
        assert (status, json.loads(text)["code"]) == (503, "NO_ANSWER")
    with run_site(given) as url:
        status, text = ask(f"{url}/")
        assert (status, json.loads(text)["code"]) == (402, "LICENSE_NOT_FOUND")


def test_an_event_of_the_server_reaches_a_receiver(
    admin: LicetAdmin, environment: dict[str, str]
) -> None:
    port = find_port()
    endpoint = admin.webhooks.create(
        url=f"http://127.0.0.1:{port}/licet/webhook/", events=["license.suspended"]
    )
    license = issue(admin)
    given = {**environment, "LICET_WEBHOOK_SECRET": endpoint["secret"]}
    with run_site(given, port) as url:
        admin.licenses.suspend(license["id"])
        expected: Any = {"events": [f"{license['id']} was suspended"]}
        wait_for(lambda: json.loads(ask(f"{url}/events")[1]) == expected)
    admin.webhooks.delete(endpoint["id"])


def test_the_command_manages_the_license_of_a_site(
    admin: LicetAdmin, environment: dict[str, str]
) -> None:
    license = issue(admin)
    given = {**environment, "LICENSE_KEY": license["key"]}
    assert manage(given, "check") == (0, "System check identified no issues (0 silenced).\n")
    assert manage(given, "licet", "activate", "--name", "Web 1") == (
        0,
        "device host-1 is activated.\n",
    )
    (activation,) = admin.licenses.activations(license["id"])
    assert activation["name"] == "Web 1"
    status, text = manage(given, "licet", "status")
    assert (status, text.splitlines()[0]) == (0, "licensed (source: lease)")
    assert manage(given, "licet", "deactivate") == (0, "device host-1 is free again.\n")
    away = {**given, "LICET_URL": NOWHERE}
    assert "NO_ANSWER" in manage(away, "licet", "status")[1]


def test_a_site_without_a_connection_works_with_a_license_file(
    admin: LicetAdmin, environment: dict[str, str], tmp_path: Path
) -> None:
    given = {**environment, "LICET_URL": NOWHERE, "LICENSE_KEY": issue(admin)["key"]}
    code = manage(given, "licet", "request", "--name", "Lab 3")[1].strip()
    issued = admin.request("POST", "/api/v1/offline/activate", {"request": code})
    path = tmp_path / "license.txt"
    path.write_text(issued["file"], encoding="utf-8")
    status, text = manage(given, "licet", "import", str(path))
    assert (status, text.splitlines()[0]) == (0, "licensed (source: file)")
    with run_site(given) as url:
        assert ask(f"{url}/reports")[0] == 200
    returned = manage(given, "licet", "return")[1].strip()
    body = {"key": given["LICENSE_KEY"], "code": returned}
    admin.request("POST", "/api/v1/offline/deactivate", body)
    assert "FILE_RETURNED" in manage(given, "licet", "status")[1]


def test_the_first_example_of_the_readme_runs_as_it_is_written(
    admin: LicetAdmin, environment: dict[str, str], tmp_path: Path
) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert match is not None
    before = "SECRET_KEY = 'test'\nINSTALLED_APPS = []\nMIDDLEWARE = []\nUSE_TZ = True\n"
    (tmp_path / "readme_settings.py").write_text(before + match[1], encoding="utf-8")
    given = {
        **environment,
        "LICENSE_KEY": issue(admin)["key"],
        "DJANGO_SETTINGS_MODULE": "readme_settings",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    assert manage(given, "check")[0] == 0
    status, text = manage(given, "licet", "status")
    assert (status, text.splitlines()[0]) == (0, "licensed (source: server)")
    away = {**given, "LICET_URL": NOWHERE}
    assert manage(away, "licet", "status")[1].startswith("licensed (source: lease)")
