from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from licet import LicetProblem, NoAnswer, State, TokenError

from ...client import get_client, get_options


class Command(BaseCommand):
    help = "Shows the license of this site, and changes it."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=ArgumentParser)
        status = actions.add_parser("status", help="show the state of the license")
        status.add_argument("--fresh", action="store_true", help="wait for the server")
        activate = actions.add_parser("activate", help="activate this device or domain")
        activate.add_argument("--name", help="a name for the vendor's list")
        actions.add_parser("deactivate", help="free the slot of this device or domain")
        request = actions.add_parser("request", help="print a code that asks for a license file")
        request.add_argument("--name", help="a name for the vendor's list")
        for name, what in (("import", "license file"), ("import-revocations", "revocation feed")):
            actions.add_parser(name, help=f"import a {what}").add_argument("path", type=Path)
        actions.add_parser("return", help="delete the license file, and print its return code")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        client, key = get_client(), get_options().find_key()
        action = options["action"]
        try:
            if action == "status":
                self._show(client.check(key=key, fresh=options["fresh"]))
                client.wait_idle()
            elif action == "activate":
                activation = client.activate(key=key, name=options["name"])
                self._print(f"{activation.kind} {activation.value} is activated.")
            elif action == "deactivate":
                activation = client.deactivate(key=key)
                self._print(f"{activation.kind} {activation.value} is free again.")
            elif action == "request":
                self._print(client.create_offline_request(key=key, name=options["name"]).code)
            elif action == "import":
                self._show(client.import_file(self._read(options["path"]), key=key))
            elif action == "import-revocations":
                self._show(client.import_revocations(self._read(options["path"]), key=key))
            else:
                self._print(client.return_file(key=key))
        except (LicetProblem, NoAnswer, TokenError, ValueError) as error:
            raise CommandError(str(error)) from error

    def _show(self, state: State) -> None:
        """Exits with 1 if the license does not allow the site."""
        if not state.allowed:
            raise CommandError(f"{state.status}: {state.code}: {state.message}")
        license = state.license
        self._print(f"{state.status} (source: {state.source})")
        if license is not None:
            features = ", ".join(f"{name}={value}" for name, value in license.features.items())
            self._print(f"license: {license.id}, plan {license.plan}, features: {features or '-'}")
            self._print(f"expires: {license.expires_at or 'never'}")
        if state.valid_until is not None:
            self._print(f"works without a connection until: {state.valid_until}")
        for warning in state.warnings:
            self._print(self.style.WARNING(warning))

    def _print(self, line: str) -> None:
        self.stdout.write(line)

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(str(error)) from error
