"""An editor for the terminal that needs a license.

python editor.py enter TO-7Q4M-X0ZD-9KTB-2F17   # once
python editor.py status
python editor.py write notes.txt "Hello"
python editor.py export notes.txt               # needs the feature "export"
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from licet import Keys, Licet, LicetProblem, NoAnswer, State

APP_ID = "com.example.terminal-editor"
KEY_FILE = Path(os.environ.get("EDITOR_HOME", Path.home() / ".terminal-editor")) / "license-key"


def create_client(key: str | None) -> Licet:
    return Licet(
        os.environ.get("LICET_URL", "https://licenses.example.com"),
        APP_ID,
        key=key,
        # Write the keys that `licet signing keys` prints here, as texts. An example cannot.
        public_keys=os.environ["LICET_PUBLIC_KEYS"].split(","),
    )


def enter(key: str) -> None:
    """Remembers a key that works on this device."""
    if Keys.check(key) in ("malformed", "unusable"):
        sys.exit("There is a typing error in this key.")
    try:
        create_client(key).activate(name=os.environ.get("HOSTNAME"))
    except LicetProblem as problem:
        sys.exit(f"{problem.code}: {problem.detail}")
    except NoAnswer:
        sys.exit("The license server cannot be reached. Try again later.")
    KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
    KEY_FILE.write_text(key, encoding="utf-8")
    print("Thank you. This device is licensed.")


def check(*features: str) -> State:
    """Returns the state of the license, or ends the program if it does not allow to run."""
    key = KEY_FILE.read_text(encoding="utf-8") if KEY_FILE.exists() else None
    state = create_client(key).check(features=features)
    if not state.allowed:
        sys.exit(f"{state.code}: {state.message}")
    if state.status == "grace" and state.valid_until is not None:
        print(f"Connect to the internet before {state.valid_until:%d %B %Y}.", file=sys.stderr)
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description="An editor that needs a license.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("enter", help="enter a license key").add_argument("key")
    commands.add_parser("status", help="show the license")
    write = commands.add_parser("write", help="add a line to a file")
    write.add_argument("path", type=Path)
    write.add_argument("line")
    commands.add_parser("export", help="export a file as HTML").add_argument("path", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "enter":
        enter(arguments.key)
    elif arguments.command == "status":
        state = check()
        print(state.status, state.source, state.license.plan if state.license else "")
    elif arguments.command == "write":
        check()
        with arguments.path.open("a", encoding="utf-8") as file:
            print(arguments.line, file=file)
    else:
        check("export")
        print(f"<pre>{arguments.path.read_text(encoding='utf-8')}</pre>")


if __name__ == "__main__":
    main()
