"""Decides whether an app may run (conformance suite, §The judge). Pure: no I/O, and no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ._claims import FILE, LEASE, REVOCATIONS, TokenType
from ._encoding import parse_time, to_seconds, to_time
from ._errors import EXPLANATIONS, LicetProblem, NoAnswer, TokenError, TokenFault
from ._record import LicenseRecord, StoredAnswer, Tombstone, read_license_of
from ._state import License, Source, State, Status, deny, read_license, require_features, warn
from ._tokens import (
    CLOCK_LEEWAY,
    Binding,
    Feed,
    Proof,
    Token,
    find_license_fault,
    find_proof_fault,
    open_token,
    verify_token,
)
from ._verdicts import AnyVerdict, Outcome, RefusedVerdict, ValidVerdict, read_verdict

#: How often the time is noted in the record.
_FLOOR_SECONDS = 3600


@dataclass(frozen=True)
class JudgeOptions:
    #: Without any, nothing signed is read; with some, nothing else.
    public_keys: tuple[str, ...] = ()
    binding: Binding = Binding()
    #: The names of features that the call needs.
    features: tuple[str, ...] = ()
    #: The request that the outcome belongs to.
    proof: Proof = Proof()
    #: When an unsigned answer is to be refreshed, and for how long it is used at most, in seconds.
    refresh: float = 86_400
    hard_limit: float = 2_592_000
    #: When the app was built, in seconds: no clock that shows an earlier time is right.
    built_at: int = 0


@dataclass(frozen=True)
class Evidence:
    """A record with those of its tokens whose signatures are good."""

    record: LicenseRecord
    tokens: tuple[Token, ...] = ()

    def find(self, kind: TokenType) -> Token | None:
        return next((token for token in self.tokens if token.type == kind), None)


@dataclass(frozen=True)
class Ruling:
    state: State
    #: The record to store.
    record: LicenseRecord
    #: Whether the server should be asked.
    refresh: bool
    verdict: AnyVerdict | None = None
    #: Why there is no verdict, although a request was made.
    failure: NoAnswer | LicetProblem | None = None


@dataclass(frozen=True)
class ClockReading:
    #: The time at which the record is judged.
    time: int
    is_behind: bool
    next_floor: int


def open_record(record: LicenseRecord, public_keys: tuple[str, ...]) -> Evidence:
    """Opens the lease and the file of a record. One that cannot be opened counts as absent."""
    tokens = (
        _try_open(record.lease, LEASE, public_keys),
        _try_open(record.file, FILE, public_keys),
    )
    return Evidence(record, tuple(token for token in tokens if token is not None))


def _try_open(text: str | None, kind: TokenType, public_keys: tuple[str, ...]) -> Token | None:
    if text is None or not public_keys:
        return None
    try:
        return open_token(text, kind, public_keys)
    except TokenError:
        return None


def judge(evidence: Evidence, now: int, outcome: Outcome | None, options: JudgeOptions) -> Ruling:
    """Decides at a time in whole seconds. Only a server's verdict can refuse a license.

    ``outcome`` is None if no request was made. Without a verdict, the record decides.
    """
    ruling = _rule(evidence, now, outcome, options)
    return replace(ruling, state=require_features(ruling.state, options.features))


def _rule(evidence: Evidence, now: int, outcome: Outcome | None, options: JudgeOptions) -> Ruling:
    record = evidence.record
    if outcome is None:
        return _judge_record(evidence, now, options)
    try:
        product = options.binding.product
        verdict = read_verdict(outcome, options.public_keys, product, options.proof, record.feed)
    except (NoAnswer, LicetProblem) as failure:
        return replace(_judge_record(evidence, now, options), failure=failure)
    return apply_verdict(record, now, verdict, options)


def apply_verdict(
    record: LicenseRecord, now: int, verdict: AnyVerdict, options: JudgeOptions
) -> Ruling:
    """A verdict decides (§The judge, 2), and so does the server's clock."""
    at = verdict.at if verdict.at is not None else max(now, record.floor)
    record = replace(record, floor=at)
    if isinstance(verdict, RefusedVerdict):
        return _refuse(record, at, verdict)
    return _accept(record, at, verdict, options)


def _accept(record: LicenseRecord, at: int, verdict: ValidVerdict, options: JudgeOptions) -> Ruling:
    lease = verdict.lease
    answer = None if verdict.body is None else StoredAnswer(at, verdict.body)
    state = State("licensed", "server", license=verdict.license, warnings=verdict.warnings)
    if answer is not None:
        refresh_at, ends_at = at + options.refresh, _find_end(answer, options.hard_limit)
        state = replace(state, refresh_after=to_time(refresh_at), valid_until=to_time(ends_at))
    elif lease is not None:
        refresh_at, ends_at = lease.claims["rfa"], lease.claims["exp"]
        state = replace(state, refresh_after=to_time(refresh_at), valid_until=to_time(ends_at))
    # An answer without a lease removes the stored one, because the plan no longer allows it.
    text = None if lease is None else lease.text
    changed = replace(record, lease=text, answer=answer, tombstone=None)
    return Ruling(state, changed, refresh=False, verdict=verdict)


def _refuse(record: LicenseRecord, at: int, verdict: RefusedVerdict) -> Ruling:
    state = deny("refused", verdict.code, verdict.message, "server")
    # A missing feature says something about the call, not about the license.
    if verdict.code != "FEATURE_NOT_INCLUDED":
        tombstone = Tombstone(verdict.code, verdict.message, at)
        record = replace(record, lease=None, answer=None, tombstone=tombstone)
    return Ruling(state, record, refresh=False, verdict=verdict)


def read_clock(evidence: Evidence, now: int, built_at: int = 0) -> ClockReading:
    """A device's clock can be wrong, or set back on purpose (§Clock)."""
    issued_at = (token.claims["iat"] for token in evidence.tokens)
    floor = max(evidence.record.floor, built_at, *issued_at)
    is_behind = now < floor - CLOCK_LEEWAY
    next_floor = now if now >= floor + _FLOOR_SECONDS else floor
    return ClockReading(floor if is_behind else now, is_behind, next_floor)


def _judge_record(evidence: Evidence, now: int, options: JudgeOptions) -> Ruling:
    clock = read_clock(evidence, now, options.built_at)
    state, refresh = _judge_stored(evidence, clock.time, options)
    if clock.is_behind:
        state, refresh = warn(state, "CLOCK_BEHIND"), True
    return Ruling(state, replace(evidence.record, floor=clock.next_floor), refresh)


_Stored = tuple[State, bool]


def _judge_stored(evidence: Evidence, time: int, options: JudgeOptions) -> _Stored:
    """Decides by what is stored (§The judge, 3)."""
    record = evidence.record
    if record.tombstone is not None:
        return _stop("refused", record.tombstone.code, record.tombstone.message, "cache")
    if evidence.tokens:
        return _judge_tokens(evidence, time, options)
    if record.answer is not None and not options.public_keys:
        return _judge_answer(record.answer, time, options)
    message = "No license is stored here yet, and the server did not answer."
    return _stop("unknown", "NO_ANSWER", message, "none")


def _judge_tokens(evidence: Evidence, time: int, options: JudgeOptions) -> _Stored:
    """Of the tokens that are good, the one with the latest end decides."""
    feed = evidence.record.feed

    def find_fault(token: Token) -> TokenFault | None:
        fault = find_proof_fault(token, Proof(), feed)
        return fault or find_license_fault(token, options.binding, feed, time)

    # The sort is stable, and the lease is first.
    tokens = sorted(evidence.tokens, key=lambda token: -token.claims["exp"])
    faults = [find_fault(token) for token in tokens]
    if None in faults:
        return _allow_token(tokens[faults.index(None)], evidence, time)
    is_revoked = "LICENSE_REVOKED" in faults
    index = faults.index("LICENSE_REVOKED") if is_revoked else 0
    fault = faults[index] or "MALFORMED"
    status: Status = "refused" if is_revoked else "unknown"
    return _stop(status, fault, EXPLANATIONS[fault], _source_of(tokens[index]))


def _allow_token(token: Token, evidence: Evidence, time: int) -> _Stored:
    claims = token.claims
    state = _build_allowed(
        _source_of(token),
        read_license(claims),
        tuple(claims["warnings"]),
        (claims["rfa"], claims["vld"], claims["exp"]),
        time,
    )
    lease = evidence.find(LEASE)
    is_lease_due = lease is not None and time >= lease.claims["rfa"]
    return state, state.status == "grace" or is_lease_due or time >= claims["rfa"]


def _judge_answer(answer: StoredAnswer, time: int, options: JudgeOptions) -> _Stored:
    stale_at = answer.at + options.refresh
    ends_at = _find_end(answer, options.hard_limit)
    if time >= ends_at:
        return _stop("unknown", "CACHE_EXPIRED", EXPLANATIONS["LEASE_EXPIRED"], "cache")
    warnings = tuple(answer.verdict["warnings"])
    terms = (stale_at, stale_at, ends_at)
    state = _build_allowed("cache", read_license_of(answer.verdict), warnings, terms, time)
    return state, state.status == "grace"


def _build_allowed(
    source: Source,
    license: License,
    warnings: tuple[str, ...],
    terms: tuple[float, float, float],
    time: int,
) -> State:
    refresh_at, stale_at, ends_at = terms
    is_stale = time >= stale_at
    return State(
        "grace" if is_stale else "licensed",
        source,
        license=license,
        warnings=warnings,
        stale_since=to_time(stale_at) if is_stale else None,
        refresh_after=to_time(refresh_at),
        valid_until=to_time(ends_at),
    )


def _find_end(answer: StoredAnswer, hard_limit: float) -> float:
    """Returns the time in seconds until which an unsigned answer is used."""
    limit = answer.at + hard_limit
    expires_at = answer.verdict["license"]["expiresAt"]
    expiry = None if expires_at is None else parse_time(expires_at)
    end = limit if expiry is None else to_seconds(expiry)
    # A license in its grace period was valid although its end had passed.
    return end if answer.at < end < limit else limit


def _source_of(token: Token) -> Source:
    return "lease" if token.type == LEASE else "file"


def _stop(status: Status, code: str, message: str, source: Source) -> _Stored:
    return deny(status, code, message, source), True


def import_file(evidence: Evidence, now: int, text: str, options: JudgeOptions) -> Ruling:
    """Adds a license file to a record (§The judge, 5).

    Raises ``TokenError`` if it is not for this app and device, has expired or is revoked.
    """
    opened = open_token(text, FILE, options.public_keys)
    record = _lower_floor(evidence, opened.claims["iat"])
    clock = read_clock(replace(evidence, record=record), now, options.built_at)
    file = verify_token(
        text, FILE, options.public_keys, clock.time, binding=options.binding, feed=record.feed
    )
    tombstone = record.tombstone
    if tombstone is not None and tombstone.at < file.claims["iat"]:
        tombstone = None
    changed = replace(record, file=file.text, tombstone=tombstone)
    return judge(open_record(changed, options.public_keys), now, None, options)


def _lower_floor(evidence: Evidence, issued_at: int) -> LicenseRecord:
    """A file that is newer than all others heals a device whose clock was ahead: no server can."""
    record, tokens = evidence.record, evidence.tokens
    is_newest = bool(tokens) and all(token.claims["iat"] < issued_at for token in tokens)
    return replace(record, floor=issued_at) if is_newest and issued_at < record.floor else record


def import_revocations(evidence: Evidence, now: int, text: str, options: JudgeOptions) -> Ruling:
    """Adds a revocation feed to a record. One that is older than the stored one changes nothing.

    Raises ``TokenError``, also if entries between the two are missing (``FEED_GAP``).
    """
    record = evidence.record
    token = verify_token(text, REVOCATIONS, options.public_keys, now, feed=record.feed)
    feed = _merge_feed(record.feed, token)
    if feed is not record.feed:
        record = replace(record, feed=feed, floor=max(record.floor, token.claims["iat"]))
    return judge(replace(evidence, record=record), now, None, options)


def _merge_feed(stored: Feed | None, token: Token) -> Feed | None:
    claims = token.claims
    start, to = claims["from"], claims["to"]
    earlier = stored or Feed(0, {}, {})
    if stored is not None and to < stored.to:
        return stored
    if start > earlier.to:
        raise TokenError("FEED_GAP")
    kept = {} if start == 0 else earlier.revoked
    return Feed(to, {**kept, **dict(claims["revoked"])}, {**earlier.keys, **dict(claims["keys"])})
