use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{json, Value};

use crate::claims::{as_texts, as_time};
use crate::encoding::{sha256, to_hex};
use crate::json::{as_count, as_text, parse_object, Object};
use crate::state::License;
use crate::time::parse_time;

const NAME_HEX_DIGITS: usize = 16;

/// The memory of an app about one license. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    pub v: u8,
    /// The latest lease, and the imported license file: each a compact JWS.
    pub lease: Option<String>,
    pub file: Option<String>,
    /// The last valid answer that was not signed.
    pub answer: Option<Answer>,
    /// A server's refusal.
    pub tombstone: Option<Tombstone>,
    /// The time cannot be earlier than this.
    pub floor: i64,
    pub feed: Option<Feed>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    pub at: i64,
    pub verdict: ValidBody,
}

/// A server's unsigned `valid: true`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidBody {
    valid: bool,
    pub license: License,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tombstone {
    pub code: String,
    pub message: String,
    pub at: i64,
}

/// The revocation feed, as far as it was imported.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Feed {
    pub to: i64,
    pub revoked: BTreeMap<String, i64>,
    pub keys: BTreeMap<String, i64>,
}

impl Default for Record {
    fn default() -> Self {
        let (lease, file, answer, tombstone, feed) = (None, None, None, None, None);
        Self { v: 1, lease, file, answer, tombstone, floor: 0, feed }
    }
}

impl Record {
    /// Reads a stored record. Each part of it that is damaged counts as missing.
    pub fn parse(text: &str) -> Self {
        let stored = parse_object(text).unwrap_or_default();
        if stored.get("v").and_then(as_count) != Some(1) {
            return Self::default();
        }
        let part = |name: &str| stored.get(name).and_then(Value::as_object);
        Self {
            v: 1,
            lease: as_text(stored.get("lease")),
            file: as_text(stored.get("file")),
            answer: part("answer").and_then(Answer::read),
            tombstone: part("tombstone").and_then(Tombstone::read),
            floor: stored.get("floor").and_then(as_time).unwrap_or(0),
            feed: part("feed").and_then(Feed::read),
        }
    }

    pub fn to_json(&self) -> String {
        json!(self).to_string()
    }
}

impl Answer {
    fn read(stored: &Object) -> Option<Self> {
        let verdict = ValidBody::read(stored.get("verdict")?.as_object()?)?;
        Some(Self { at: as_time(stored.get("at")?)?, verdict })
    }
}

impl ValidBody {
    /// Returns the members that we know of a response that says valid.
    pub fn read(body: &Object) -> Option<Self> {
        let license = body.get("license")?.as_object()?;
        let expires_at = match license.get("expiresAt")? {
            Value::Null => None,
            end => Some(end.as_str().filter(|text| parse_time(text).is_some())?.to_owned()),
        };
        body.get("valid")?.as_bool().filter(|valid| *valid)?;
        Some(Self {
            valid: true,
            license: License {
                id: as_text(license.get("id"))?,
                plan: as_text(license.get("plan"))?,
                features: license.get("features")?.as_object()?.clone(),
                expires_at,
            },
            warnings: as_texts(body.get("warnings")?)?,
        })
    }
}

impl Tombstone {
    fn read(stored: &Object) -> Option<Self> {
        Some(Self {
            code: as_text(stored.get("code"))?,
            message: as_text(stored.get("message"))?,
            at: as_time(stored.get("at")?)?,
        })
    }
}

impl Feed {
    fn read(stored: &Object) -> Option<Self> {
        let times = |name: &str| -> Option<BTreeMap<_, _>> {
            let members = stored.get(name)?.as_object()?;
            members.iter().map(|(id, time)| Some((id.clone(), as_time(time)?))).collect()
        };
        let to = as_count(stored.get("to")?)?;
        Some(Self { to, revoked: times("revoked")?, keys: times("keys")? })
    }
}

/// What a call and its record are about.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// In its normal form.
    pub key: Option<String>,
    pub binding: crate::verification::Binding,
}

impl Subject {
    /// Returns the name under which the record is stored.
    pub fn record_name(&self) -> String {
        let binding = &self.binding;
        let parts = [&self.key, &binding.product, &binding.fingerprint, &binding.domain];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default());
        format!("licet-{}", &to_hex(&sha256(&parts.join("\n")))[..NAME_HEX_DIGITS])
    }
}
