use crate::claims::{Content, Revocations};
use crate::judge::{judge, read_clock, Evidence, Rules, Ruling};
use crate::record::{Feed, Record};
use crate::tokens::{open_token, remove_armor, TokenFault, TokenType};
use crate::verification::{check_proof, verify_token, Binding, Proof};

/// Adds a license file to a record (conformance suite, "Imports"), unless it is not for this app and
/// device, has expired or is revoked.
pub fn add_file(
    evidence: Evidence,
    now: i64,
    text: &str,
    rules: &Rules,
    binding: &Binding,
) -> Result<Ruling, TokenFault> {
    let keys = &rules.public_keys;
    let issued_at = open_token(text, TokenType::File, keys)?.claims.iat;
    let evidence = lower_floor(evidence, issued_at);
    // The time at which this file was issued counts as well.
    let time = read_clock(&evidence, now, rules.built_at.max(issued_at)).time;
    let feed = evidence.record.feed.as_ref();
    let proof = Proof::default();
    verify_token(text, TokenType::File, keys, &proof, binding, feed, time)?;
    let mut record = evidence.record;
    record.file = remove_armor(text, TokenType::File);
    record.tombstone = record.tombstone.filter(|tombstone| tombstone.at >= issued_at);
    Ok(judge(&Evidence::open(record, keys), now, None, rules, binding))
}

/// A file that is newer than what is stored heals a device whose clock was ahead: no server can.
fn lower_floor(mut evidence: Evidence, issued_at: i64) -> Evidence {
    let Evidence { record, tokens } = &mut evidence;
    if !tokens.is_empty() && tokens.iter().all(|token| token.claims.iat < issued_at) {
        record.floor = record.floor.min(issued_at);
    }
    evidence
}

/// Adds a revocation feed to a record. One that is older than the stored one changes nothing.
pub fn add_revocations(
    evidence: Evidence,
    now: i64,
    text: &str,
    rules: &Rules,
    binding: &Binding,
) -> Result<Ruling, TokenFault> {
    let Evidence { record, tokens } = evidence;
    let token = open_token(text, TokenType::Revocations, &rules.public_keys)?;
    check_proof(&token, &Proof::default(), record.feed.as_ref())?;
    let Content::Revocations(added) = token.claims.content else {
        return Err(TokenFault::TypeUnexpected);
    };
    let record = if added.to < record.feed.as_ref().map_or(0, |feed| feed.to) {
        record
    } else {
        let floor = record.floor.max(token.claims.iat);
        Record { feed: Some(merge(record.feed, added)?), floor, ..record }
    };
    Ok(judge(&Evidence { record, tokens }, now, None, rules, binding))
}

fn merge(stored: Option<Feed>, added: Revocations) -> Result<Feed, TokenFault> {
    let mut feed = stored.unwrap_or_default();
    if added.from > feed.to {
        return Err(TokenFault::FeedGap);
    }
    if added.from == 0 {
        feed.revoked.clear();
    }
    feed.to = added.to;
    feed.revoked.extend(added.revoked);
    feed.keys.extend(added.keys);
    Ok(feed)
}
