"""The fixture server of the conformance suite, which plays the scenarios of http.json."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .vectors import SUITE


@contextmanager
def run_fixture() -> Iterator[str]:
    command = ["bun", str(SUITE / "fixture.ts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def read_log(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/log", timeout=30) as response:
        requests: list[dict[str, Any]] = json.load(response)["requests"]
        return requests
