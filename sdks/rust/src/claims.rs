use serde_json::Value;

use crate::json::{as_count, as_text, Object};
use crate::time::SECONDS_MAX;
use crate::tokens::TokenType;

/// The claims of a token. Times are seconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    /// The nonce of the request, the hash of its body, and its route.
    pub non: Option<String>,
    pub req: Option<String>,
    pub rte: Option<String>,
    pub content: Content,
}

/// What a token says.
#[derive(Clone, Debug)]
pub enum Content {
    License(Box<LicenseClaims>),
    Valid(Terms),
    Refused(Refusal),
    Revocations(Revocations),
}

impl Default for Content {
    fn default() -> Self {
        Self::License(Box::default())
    }
}

/// The license in a valid token.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The slug of the product.
    pub aud: String,
    /// The ID of the license.
    pub sub: String,
    pub plan: String,
    pub features: Object,
    pub warnings: Vec<String>,
    /// The end of the license with its grace days.
    pub end: Option<i64>,
    /// The floating seat, and when it ends.
    pub sea: Option<(String, i64)>,
}

/// The license that a lease or a file proves, and for what.
#[derive(Clone, Debug, Default)]
pub struct LicenseClaims {
    pub terms: Terms,
    pub fp: Option<String>,
    pub dom: Option<Vec<String>>,
    pub act: Vec<String>,
    /// Refresh after; valid until, then in grace.
    pub rfa: i64,
    pub vld: i64,
    /// The secret for the return code of a file.
    pub ret: Option<String>,
}

/// A refusing answer.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub error: String,
    pub message: String,
    pub details: Object,
}

/// A part of the revocation feed.
#[derive(Clone, Debug)]
pub struct Revocations {
    pub from: i64,
    pub to: i64,
    #[allow(dead_code, reason = "an app that imports a part may ask for the next one")]
    pub more: bool,
    pub revoked: Vec<(String, i64)>,
    pub keys: Vec<(String, i64)>,
}

/// Reads the claims of a type. None if one is missing, or has a wrong type or an impossible value.
pub fn read_claims(kind: TokenType, claims: &Object) -> Option<Claims> {
    text(claims, "iss")?;
    let [nbf, iat, exp] = ["nbf", "iat", "exp"].map(|name| time(claims, name));
    let (nbf, iat, exp) = (nbf?, iat?, exp?);
    if nbf > iat || iat > exp {
        return None;
    }
    let content = match kind {
        TokenType::Revocations => Content::Revocations(read_revocations(claims)?),
        TokenType::Answer => read_answer(claims)?,
        TokenType::Lease | TokenType::File => {
            let license = read_license(claims, kind == TokenType::File)?;
            let is_timed = license.rfa <= license.vld && license.vld <= exp;
            is_timed.then(|| Content::License(Box::new(license)))?
        }
    };
    let jti = text(claims, "jti")?;
    if kind == TokenType::Revocations {
        return Some(Claims { jti, iat, exp, content, ..Claims::default() });
    }
    count(claims, "rev")?;
    let (non, req) = (nullable(claims, "non", as_str)?, nullable(claims, "req", as_str)?);
    // A file answers no request that could be taken for another.
    let rte = match kind {
        TokenType::File => None,
        _ => absent_or(claims, "rte", as_str)?,
    };
    Some(Claims { jti, iat, exp, non, req, rte, content })
}

fn read_license(claims: &Object, is_file: bool) -> Option<LicenseClaims> {
    Some(LicenseClaims {
        terms: Terms { sea: nullable(claims, "sea", as_seat)?, ..read_terms(claims)? },
        fp: nullable(claims, "fp", as_str)?,
        dom: nullable(claims, "dom", as_texts)?,
        act: as_texts(claims.get("act")?)?,
        rfa: time(claims, "rfa")?,
        vld: time(claims, "vld")?,
        ret: if is_file { nullable(claims, "ret", as_str)? } else { None },
    })
}

fn read_answer(claims: &Object) -> Option<Content> {
    if claims.get("valid")?.as_bool()? {
        let sea = match claims.get("sea") {
            None => None,
            Some(_) => nullable(claims, "sea", as_seat)?,
        };
        return Some(Content::Valid(Terms { sea, ..read_terms(claims)? }));
    }
    nullable(claims, "aud", as_str)?;
    nullable(claims, "sub", as_str)?;
    let details = absent_or(claims, "details", |value| value.as_object().cloned())?;
    Some(Content::Refused(Refusal {
        error: text(claims, "error")?,
        message: text(claims, "message")?,
        details: details.unwrap_or_default(),
    }))
}

fn read_terms(claims: &Object) -> Option<Terms> {
    let features = claims.get("features")?.as_object()?;
    let is_plain = |value: &Value| value.is_boolean() || value.is_number() || value.is_string();
    if claims.get("valid") != Some(&Value::Bool(true)) || !features.values().all(is_plain) {
        return None;
    }
    Some(Terms {
        aud: text(claims, "aud")?,
        sub: text(claims, "sub")?,
        plan: text(claims, "plan")?,
        features: features.clone(),
        warnings: as_texts(claims.get("warnings")?)?,
        end: nullable(claims, "end", as_time)?,
        sea: None,
    })
}

fn read_revocations(claims: &Object) -> Option<Revocations> {
    let (from, to) = (count(claims, "from")?, count(claims, "to")?);
    let entries =
        |name| -> Option<Vec<_>> { claims.get(name)?.as_array()?.iter().map(as_entry).collect() };
    (from <= to).then_some(Revocations {
        from,
        to,
        more: claims.get("more")?.as_bool()?,
        revoked: entries("revoked")?,
        keys: entries("keys")?,
    })
}

fn text(claims: &Object, name: &str) -> Option<String> {
    as_text(claims.get(name))
}

fn count(claims: &Object, name: &str) -> Option<i64> {
    as_count(claims.get(name)?)
}

fn time(claims: &Object, name: &str) -> Option<i64> {
    as_time(claims.get(name)?)
}

/// The outer option is none if the member is missing or wrong, the inner one if it is null.
#[allow(clippy::option_option)]
fn nullable<T>(
    claims: &Object,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<Option<T>> {
    match claims.get(name)? {
        Value::Null => Some(None),
        value => read(value).map(Some),
    }
}

#[allow(clippy::option_option)]
fn absent_or<T>(
    claims: &Object,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<Option<T>> {
    match claims.get(name) {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn as_str(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub fn as_texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(as_str).collect()
}

pub fn as_time(value: &Value) -> Option<i64> {
    as_count(value).filter(|&seconds| seconds <= SECONDS_MAX)
}

fn as_seat(value: &Value) -> Option<(String, i64)> {
    let seat = value.as_object()?;
    Some((text(seat, "id")?, time(seat, "exp")?))
}

fn as_entry(value: &Value) -> Option<(String, i64)> {
    match value.as_array()?.as_slice() {
        [id, time] => Some((as_str(id)?, as_time(time)?)),
        _ => None,
    }
}
