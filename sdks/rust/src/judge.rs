use crate::claims::{Content, LicenseClaims};
use crate::record::{Answer, Record, Tombstone};
use crate::state::{License, Source, State, Status};
use crate::time::{format_time, parse_time};
use crate::tokens::{open_token, Token, TokenFault, TokenType};
use crate::verdicts::{Refused, Valid, Verdict};
use crate::verification::{check_binding, check_proof, check_time, Binding, Proof, CLOCK_LEEWAY};

/// How often the time is noted in the record.
const FLOOR_STEP: i64 = 3600;

/// What a judgment depends on besides record, time and verdict. Times are in seconds.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Without any, nothing signed is read; with some, nothing else.
    pub public_keys: Vec<String>,
    /// When an unsigned answer is to be refreshed, and for how long it is used at most.
    pub refresh: i64,
    pub hard_limit: i64,
    /// When the app was built: no clock that shows an earlier time is right.
    pub built_at: i64,
}

/// A record with those of its tokens whose signatures are good.
pub struct Evidence {
    pub record: Record,
    pub tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
pub struct Ruling {
    pub state: State,
    /// The record to store.
    pub record: Record,
    /// Whether the server should be asked.
    pub refresh: bool,
}

impl Evidence {
    /// Opens the lease and the file of a record. One that cannot be opened counts as absent.
    pub fn open(record: Record, keys: &[String]) -> Self {
        let open = |text: &Option<String>, kind| open_token(text.as_deref()?, kind, keys).ok();
        let lease = open(&record.lease, TokenType::Lease);
        let file = open(&record.file, TokenType::File);
        Self { tokens: lease.into_iter().chain(file).collect(), record }
    }
}

/// Decides whether an app may run (conformance suite, "The judge"), at a time in seconds. Only a
/// server's verdict can refuse a license: without one, the record decides.
pub fn judge(
    evidence: &Evidence,
    now: i64,
    verdict: Option<&Verdict>,
    rules: &Rules,
    binding: &Binding,
) -> Ruling {
    let record = evidence.record.clone();
    // The server's clock decides, also if that of the device was ahead before.
    let noted = |at: Option<i64>| at.unwrap_or(now.max(record.floor));
    match verdict {
        Some(Verdict::Valid(valid)) => accept(record.clone(), noted(valid.at), valid, rules),
        Some(Verdict::Refused(refused)) => refuse(record.clone(), noted(refused.at), refused),
        None => judge_without_answer(evidence, now, rules, binding),
    }
}

fn accept(record: Record, at: i64, valid: &Valid, rules: &Rules) -> Ruling {
    let answer = valid.body.clone().map(|verdict| Answer { at, verdict });
    let (refresh_after, valid_until) = match (&answer, &valid.lease) {
        (Some(answer), _) => (Some(at + rules.refresh), Some(find_end(answer, rules))),
        (None, Some((_, refresh_at, ends_at))) => (Some(*refresh_at), Some(*ends_at)),
        (None, None) => (None, None),
    };
    let state = State {
        allowed: true,
        status: Status::Licensed,
        source: Source::Server,
        code: None,
        message: None,
        license: Some(valid.license.clone()),
        warnings: valid.warnings.clone(),
        stale_since: None,
        refresh_after: refresh_after.map(format_time),
        valid_until: valid_until.map(format_time),
    };
    // An answer without a lease removes the stored one, because the plan no longer allows it.
    let lease = valid.lease.as_ref().map(|(text, ..)| text.clone());
    let record = Record { lease, answer, tombstone: None, floor: at, ..record };
    Ruling { state, record, refresh: false }
}

fn refuse(record: Record, at: i64, refused: &Refused) -> Ruling {
    let Refused { code, message, .. } = refused;
    let state = State::denied(Status::Refused, code, message, Source::Server);
    let mut record = Record { floor: at, ..record };
    // A missing feature says something about the call, not about the license.
    if code != "FEATURE_NOT_INCLUDED" {
        (record.lease, record.answer) = (None, None);
        record.tombstone = Some(Tombstone { code: code.clone(), message: message.clone(), at });
    }
    Ruling { state, record, refresh: false }
}

fn judge_without_answer(evidence: &Evidence, now: i64, rules: &Rules, binding: &Binding) -> Ruling {
    let clock = read_clock(evidence, now, rules.built_at);
    let (mut state, refresh) = judge_stored(evidence, clock.time, rules, binding);
    if clock.is_behind && state.allowed {
        state.warnings.push("CLOCK_BEHIND".to_owned());
    }
    let record = Record { floor: clock.next_floor, ..evidence.record.clone() };
    Ruling { state, record, refresh: refresh || clock.is_behind }
}

#[derive(Debug, PartialEq)]
pub struct ClockReading {
    /// The time at which the record is judged.
    pub time: i64,
    pub is_behind: bool,
    pub next_floor: i64,
}

/// Corrects a device's clock, which can be wrong, or set back on purpose.
pub fn read_clock(evidence: &Evidence, now: i64, built_at: i64) -> ClockReading {
    let issued = evidence.tokens.iter().map(|token| token.claims.iat);
    let floor = issued.fold(evidence.record.floor.max(built_at), i64::max);
    let is_behind = now < floor - CLOCK_LEEWAY;
    ClockReading {
        time: if is_behind { floor } else { now },
        is_behind,
        next_floor: if now >= floor + FLOOR_STEP { now } else { floor },
    }
}

/// Decides by what is stored. Also returns whether the server should be asked.
fn judge_stored(evidence: &Evidence, time: i64, rules: &Rules, binding: &Binding) -> (State, bool) {
    let record = &evidence.record;
    if let Some(Tombstone { code, message, .. }) = &record.tombstone {
        return (State::denied(Status::Refused, code, message, Source::Cache), true);
    }
    if let Some(ruling) = judge_tokens(evidence, time, binding) {
        return ruling;
    }
    match &record.answer {
        Some(answer) if rules.public_keys.is_empty() => judge_answer(answer, time, rules),
        _ => {
            let message = "No license is stored here yet, and the server did not answer.";
            (State::denied(Status::Unknown, "NO_ANSWER", message, Source::None), true)
        }
    }
}

/// None without any token. Of those that are good, the one with the latest end decides.
fn judge_tokens(evidence: &Evidence, time: i64, binding: &Binding) -> Option<(State, bool)> {
    let mut tokens: Vec<&Token> = evidence.tokens.iter().collect();
    tokens.sort_by_key(|token| std::cmp::Reverse(token.claims.exp));
    let check = |token: &&Token| check_stored(token, &evidence.record, time, binding);
    if let Some(good) = tokens.iter().find(|token| check(token).is_ok()) {
        return Some(allow_by_token(good, &evidence.tokens, time));
    }
    let faults: Vec<_> =
        tokens.iter().filter_map(|token| Some((token, check(token).err()?))).collect();
    let revoked = faults.iter().find(|(_, fault)| *fault == TokenFault::LicenseRevoked);
    let (token, fault) = revoked.or(faults.first())?;
    let status = if revoked.is_some() { Status::Refused } else { Status::Unknown };
    Some((State::denied(status, fault.code(), fault.message(), source_of(token)), true))
}

fn check_stored(
    token: &Token,
    record: &Record,
    time: i64,
    binding: &Binding,
) -> Result<(), TokenFault> {
    let feed = record.feed.as_ref();
    check_proof(token, &Proof::default(), feed)?;
    check_binding(license_of(token)?, token.claims.iat, binding, feed)?;
    check_time(token, time)
}

fn license_of(token: &Token) -> Result<&LicenseClaims, TokenFault> {
    match &token.claims.content {
        Content::License(license) => Ok(license),
        _ => Err(TokenFault::TypeUnexpected),
    }
}

fn source_of(token: &Token) -> Source {
    if token.kind == TokenType::Lease {
        Source::Lease
    } else {
        Source::File
    }
}

fn allow_by_token(token: &Token, all: &[Token], time: i64) -> (State, bool) {
    let Ok(LicenseClaims { terms, rfa, vld, .. }) = license_of(token) else {
        unreachable!("a token of a record is a license");
    };
    let license = License::from_terms(terms);
    let (source, ends_at) = (source_of(token), token.claims.exp);
    let state = allow(source, license, &terms.warnings, [*rfa, *vld, ends_at], time);
    let mut leases = all.iter().filter(|token| token.kind == TokenType::Lease);
    let is_lease_due =
        leases.any(|lease| license_of(lease).is_ok_and(|license| time >= license.rfa));
    let refresh = state.status == Status::Grace || is_lease_due || time >= *rfa;
    (state, refresh)
}

fn allow(
    source: Source,
    license: License,
    warnings: &[String],
    [refresh_at, stale_at, ends_at]: [i64; 3],
    time: i64,
) -> State {
    let is_stale = time >= stale_at;
    State {
        allowed: true,
        status: if is_stale { Status::Grace } else { Status::Licensed },
        source,
        code: None,
        message: None,
        license: Some(license),
        warnings: warnings.to_vec(),
        stale_since: is_stale.then(|| format_time(stale_at)),
        refresh_after: Some(format_time(refresh_at)),
        valid_until: Some(format_time(ends_at)),
    }
}

fn judge_answer(answer: &Answer, time: i64, rules: &Rules) -> (State, bool) {
    let (stale_at, ends_at) = (answer.at + rules.refresh, find_end(answer, rules));
    if time >= ends_at {
        let message = "The license was not confirmed for too long. Connect to the internet.";
        return (State::denied(Status::Unknown, "CACHE_EXPIRED", message, Source::Cache), true);
    }
    let (license, warnings) = (answer.verdict.license.clone(), &answer.verdict.warnings);
    let state = allow(Source::Cache, license, warnings, [stale_at, stale_at, ends_at], time);
    let refresh = state.status == Status::Grace;
    (state, refresh)
}

/// Returns the time until which an unsigned answer is used.
fn find_end(Answer { at, verdict }: &Answer, rules: &Rules) -> i64 {
    let limit = at + rules.hard_limit;
    // A license in its grace period was valid although its end had passed.
    let is_between = |end: &i64| (*at + 1..limit).contains(end);
    let end = verdict.license.expires_at.as_deref().and_then(parse_time);
    end.filter(is_between).unwrap_or(limit)
}
