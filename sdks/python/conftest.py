from __future__ import annotations

import os
from pathlib import Path

import pytest

# A proxy of the machine must not see the requests to servers of the tests.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tap", help="appends one line per test to this file")
    parser.addoption("--runtime", default="Python", help="the name in these lines")
    parser.addoption(
        "--store",
        default="licet:MemoryStore",
        help="what makes the stores of the scenarios, such as that of an integration",
    )


class _Tap:
    def __init__(self, path: str, runtime: str) -> None:
        self._path = Path(path)
        self._runtime = runtime

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        result = "ok" if report.outcome == "passed" else "not ok"
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{result} - {self._runtime}: {_entitle(report.nodeid)}\n")


def _entitle(nodeid: str) -> str:
    """Cases of the suite are named after themselves, and other tests after their function."""
    name = nodeid.split("::", 1)[1]
    function, _, case = name.partition("[")
    case = case[: case.rindex("]")] if case else ""
    sentence = function.replace("::", ": ").removeprefix("test_").replace("_", " ")
    title = case if ".json" in case else f"{sentence} ({case})" if case else sentence
    return title.replace("\n", " ")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--tap")
    if path:
        config.pluginmanager.register(_Tap(path, config.getoption("--runtime")))
