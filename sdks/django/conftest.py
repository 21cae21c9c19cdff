from __future__ import annotations

import os
from pathlib import Path

import pytest

# A proxy of the machine must not see the requests to servers of the tests.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tap", help="appends one line per test to this file")
    parser.addoption("--runtime", default="Django", help="the name in these lines")


class _Tap:
    def __init__(self, path: str, runtime: str) -> None:
        self._path = Path(path)
        self._runtime = runtime

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        result = "ok" if report.outcome == "passed" else "not ok"
        name = report.nodeid.split("::", 1)[1].removeprefix("test_").replace("_", " ")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{result} - {self._runtime}: {name}\n")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--tap")
    if path:
        config.pluginmanager.register(_Tap(path, config.getoption("--runtime")))
