"""Runs the vectors of the conformance suite that need no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from licet import Keys, NoAnswer, TokenError, WebhookError, Webhooks
from licet._claims import ANSWER, LEASE, REVOCATIONS
from licet._domains import covers_domain
from licet._fingerprint import find_fingerprint, hash_machine_id
from licet._judge import (
    Evidence,
    JudgeOptions,
    Ruling,
    import_file,
    import_revocations,
    judge,
    open_record,
    read_clock,
)
from licet._offline_codes import compute_return_code, encode_request
from licet._record import LicenseRecord, name_record, parse_record
from licet._store import MemoryStore
from licet._tokens import Binding, Feed, Proof, Token, verify_token
from licet._verdicts import Outcome, Response

from .vectors import assert_matches, describe_state, read_cases, read_vectors


def _cases(name: str) -> pytest.MarkDecorator:
    cases = read_cases(name)
    ids = [f"{name}, {each['id']}: {each['description']}" for each in cases]
    return pytest.mark.parametrize("case", cases, ids=ids)


def _each(name: str, cases: list[Any], *titles: str) -> pytest.MarkDecorator:
    ids = [f"{name}: {' '.join(title.format(**each) for title in titles)}" for each in cases]
    return pytest.mark.parametrize("case", cases, ids=ids)


def _binding(options: dict[str, Any]) -> Binding:
    return Binding(*(options.get(name) for name in ("product", "fingerprint", "domain")))


def _proof(options: dict[str, Any]) -> Proof:
    return Proof(*(options.get(name) for name in ("nonce", "requestBody", "route")))


keys = read_vectors("keys.json")
readings = [
    {"text": each["key"], "canonical": each["key"], "is": "valid"} for each in keys["valid"]
]
readings += [{**each, "is": "valid"} for each in keys["reads_as"]]
for kind in ("malformed", "foreign", "unusable"):
    readings += [{**each, "is": kind} for each in keys[kind]]


@_each("keys.json", readings, "{text!a} is {is}")
def test_keys(case: Any) -> None:
    assert Keys.check(case["text"]) == case["is"]
    if "canonical" in case:
        assert Keys.normalize(case["text"]) == case["canonical"]
    if case["is"] == "unusable":
        assert Keys.normalize(case["text"]) is None


@_cases("tokens.json")
def test_tokens(case: Any) -> None:
    assert_matches(_verify(case["text"], case["options"]), case["expected"])


def _verify(text: str, options: dict[str, Any]) -> dict[str, Any]:
    kind, now, feed = options["type"], options["now"], options.get("feed")
    public_keys = tuple(options["publicKeys"])
    try:
        token = verify_token(
            text,
            kind,
            public_keys,
            now,
            proof=_proof(options),
            binding=_binding(options),
            feed=feed and Feed(**feed),
        )
    except TokenError as error:
        return {"ok": False, "code": error.code}
    if kind in (ANSWER, REVOCATIONS):
        return {"ok": True, **token.claims}
    evidence = Evidence(LicenseRecord(), (token,))
    ruling = judge(evidence, now, None, JudgeOptions(public_keys, _binding(options)))
    is_behind = read_clock(evidence, now).is_behind
    return {
        "ok": True,
        "clockBehind": is_behind,
        "refresh": ruling.refresh,
        "state": ruling.state.status,
    }


@_each("domains.json", read_cases("domains.json"), "{dom} covers {domain!a} is {covered} ({note})")
def test_domains(case: Any) -> None:
    assert covers_domain(case["dom"], case["domain"]) is case["covered"]


hosts = [each for each in read_vectors("hostnames.json")["hostnames"] if each["host"] is not None]


@_each("hostnames.json", hosts, "{text!a} is covered by {host}")
def test_hosts(case: Any) -> None:
    assert covers_domain([case["host"]], case["text"])


@_cases("clock.json")
def test_clock(case: Any) -> None:
    tokens = tuple(Token(LEASE, "", {"iat": iat}, "") for iat in case["issuedAt"])
    evidence = Evidence(LicenseRecord(floor=case["floor"]), tokens)
    reading = read_clock(evidence, case["now"], case.get("builtAt", 0))
    found = {"time": reading.time, "behind": reading.is_behind, "floor": reading.next_floor}
    assert found == case["expected"]


@_cases("judge.json")
def test_judge(case: Any) -> None:
    stored = json.dumps(case["record"])
    for step in case["steps"]:
        found = _run_step(stored, step, {**case["options"], **step.get("options", {})})
        assert_matches(found, step["expected"])
        stored = json.dumps(found["record"])


def _run_step(stored: str, step: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    options = JudgeOptions(
        tuple(given.get("publicKeys", ())),
        _binding(given),
        tuple(given.get("features", ())),
        _proof(given),
        given.get("refresh", 86_400),
        given.get("hardLimit", 2_592_000),
        given.get("builtAt", 0),
    )
    record = parse_record(stored)
    evidence, now = open_record(record, options.public_keys), step["now"]
    try:
        ruling = _rule(evidence, now, step, options)
    except TokenError as error:
        return {"error": error.code, "record": asdict(record)}
    state, after = describe_state(ruling.state), json.loads(ruling.record.to_json())
    return {"state": state, "refresh": ruling.refresh, "record": after}


def _rule(evidence: Evidence, now: int, step: dict[str, Any], options: JudgeOptions) -> Ruling:
    if "importFile" in step:
        return import_file(evidence, now, step["importFile"], options)
    if "importRevocations" in step:
        return import_revocations(evidence, now, step["importRevocations"], options)
    return judge(evidence, now, _outcome(step.get("outcome")), options)


def _outcome(outcome: Any) -> Outcome | None:
    if outcome is None:
        return None
    if "failure" in outcome:
        return NoAnswer(outcome["failure"], "No answer.")
    return Response(outcome["status"], outcome["headers"], outcome["body"])


fingerprints = read_vectors("fingerprints.json")


@_each("fingerprints.json", fingerprints["machines"], "the machine {machineId!a} ({note})")
def test_machines(case: Any) -> None:
    assert hash_machine_id(case["appId"], case["machineId"]) == case["fingerprint"]


@_each("fingerprints.json", fingerprints["sources"], "{description}")
def test_sources(case: Any) -> None:
    store = MemoryStore()
    store.put("licet-device", case["random"])
    found = find_fingerprint(
        case["appId"],
        store,
        case["option"],
        variable=case["environment"],
        find_machine_id=lambda: None if case["container"] else case["machineId"],
    )
    assert {"kind": found.kind, "value": found.value} == case["expected"]


@_each("fingerprints.json", fingerprints["stores"], "the name of the file for {note}")
def test_stores(case: Any) -> None:
    key = Keys.normalize(case["key"]) or case["key"]
    name = name_record(key, case["product"], case["fingerprint"], case["domain"])
    assert f"{name}.json" == case["name"]


offline = read_vectors("offline.json")


@_each("offline.json", offline["requests"], "the request code of {request}")
def test_requests(case: Any) -> None:
    request = case["request"]
    code = encode_request(
        product=request.get("product"),
        key=request["key"],
        fingerprint=request["fp"],
        name=request.get("name"),
        nonce=request["nonce"],
    )
    assert code == case["code"]


@_each("offline.json", offline["returns"], "the return code {code}")
def test_returns(case: Any) -> None:
    assert compute_return_code(case["ret"], case["jti"]) == case["code"]


@_cases("webhooks.json")
def test_webhooks(case: Any) -> None:
    def verify() -> None:
        body = case["body"].encode()
        Webhooks.verify(body, case["headers"], case["secrets"], now=case["now"])

    if case["expected"]["ok"]:
        verify()
    else:
        with pytest.raises(WebhookError):
            verify()
