from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_UNWRITTEN_MAX = 1000
_RENAMES_MAX = 5


class Store(Protocol):
    """Where records are kept between runs of the app, such as a database or a cache.

    Names consist of letters, digits and dashes. The methods may be called by several threads.
    """

    def get(self, name: str, /) -> str | None:
        """Returns the text that was put last, or None."""

    def put(self, name: str, text: str, /) -> None: ...

    def delete(self, name: str, /) -> None:
        """Deletes the text, if there is one."""


class MemoryStore:
    """A store that lasts as long as the process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def get(self, name: str, /) -> str | None:
        return self._texts.get(name)

    def put(self, name: str, text: str, /) -> None:
        self._texts[name] = text

    def delete(self, name: str, /) -> None:
        self._texts.pop(name, None)


class FileStore:
    """A store with one file per name, readable by its owner only and never half written."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)

    def get(self, name: str, /) -> str | None:
        try:
            return self._locate(name).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, name: str, text: str, /) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The mode of the file is 0600.
        descriptor, temporary = tempfile.mkstemp(".tmp", f"{name}.", self._directory)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, self._locate(name))
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def delete(self, name: str, /) -> None:
        with suppress(FileNotFoundError, NotADirectoryError):
            self._locate(name).unlink()

    def _locate(self, name: str) -> Path:
        return self._directory / f"{name}.json"


def _replace(temporary: str, path: Path) -> None:
    """On Windows, a file cannot be replaced while another process reads it."""
    for attempt in range(1, _RENAMES_MAX + 1):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if attempt == _RENAMES_MAX:
                raise
            time.sleep(0.01 * attempt)


class FallbackStore:
    """A store that keeps working when another one does not.

    What cannot be written stays in memory, up to a limit, and is read from there. Each failure is
    reported.
    """

    def __init__(self, store: Store, report: Callable[[Exception], None]) -> None:
        self._store = store
        self._report = report
        #: None for what could not be deleted.
        self._unwritten: dict[str, str | None] = {}

    def get(self, name: str, /) -> str | None:
        if name in self._unwritten:
            return self._unwritten.get(name)
        try:
            text = self._store.get(name)
            if text is not None and not isinstance(text, str):
                raise TypeError(f"The store returned {type(text).__name__} instead of a text.")
            return text
        except Exception as error:
            self._report(error)
            return None

    def put(self, name: str, text: str, /) -> None:
        self._write(name, text, lambda: self._store.put(name, text))

    def delete(self, name: str, /) -> None:
        self._write(name, None, lambda: self._store.delete(name))

    def _write(self, name: str, text: str | None, change: Callable[[], None]) -> None:
        try:
            change()
            self._unwritten.pop(name, None)
        except Exception as error:
            if len(self._unwritten) >= _UNWRITTEN_MAX:
                self._unwritten.clear()
            self._unwritten[name] = text
            self._report(error)


def find_config_directory(app_id: str) -> Path:
    """Returns the directory in which the operating system keeps the settings of an app."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / app_id
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / app_id
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / app_id


class ConfigStore(FileStore):
    """The files in the configuration directory, which is looked up when it is needed.

    There may be none: then each call fails, and a client works without it.
    """

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id

    @property
    def _directory(self) -> Path:  # type: ignore[override]
        return find_config_directory(self._app_id)
