"""Prints a line for each operation in the report of a run: "ok - GET /api/v1/plans", or "not ok - …"."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    paths = json.load(file)["paths"]

titles = {}
for problem in report["failures"] + report["errors"]:
    for operation in problem.get("operations") or ["the whole run"]:
        titles.setdefault(operation, []).append(problem["title"])

operations = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
for operation in operations:
    if operation not in titles:
        print(f"ok - {operation}")
for operation, found in titles.items():
    print(f"not ok - {operation}: {', '.join(found)}")

counts, cases = report["operations"], report["test_cases"]
is_whole = report["complete"] and counts["tested"] == len(operations)
print(f"{'ok' if is_whole else 'not ok'} - all {len(operations)} operations are tested")
print(f"{cases['generated']} requests were generated in {report['running_time']:.0f} seconds.", file=sys.stderr)
