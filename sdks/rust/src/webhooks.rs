use std::fmt;
use std::time::SystemTime;

use hmac::Mac;
use serde_json::Value;

use crate::encoding::{from_base64, hmac_sha256};
use crate::json::{as_text, Object};
use crate::time::to_seconds;

const TOLERANCE_SECONDS: u64 = 300;
const TIMESTAMP_DIGITS_MAX: usize = 15;

/// Verifies the webhooks that Licet sends.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks;

/// An event as Licet sends it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// Its ID, such as `evt_01kf…`: the same if the event is sent again.
    pub id: String,
    /// Such as `license.created`.
    pub kind: String,
    /// RFC 3339.
    pub timestamp: String,
    /// Such as `license`: the license, with its key masked.
    pub data: Object,
}

/// Why a request does not come from Licet, or not from now. Answer it with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookError {
    /// The request has no webhook headers.
    HeaderMissing,
    /// It is more than five minutes old.
    TimestampTooOld,
    /// It is more than five minutes ahead.
    TimestampTooNew,
    /// No signature matches.
    SignatureInvalid,
    /// The body is not a JSON object.
    BodyInvalid,
    /// A secret is not `whsec_` and base64: a mistake of the app.
    SecretInvalid,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::HeaderMissing => "The request has no webhook headers.",
            Self::TimestampTooOld => "The request is more than five minutes old.",
            Self::TimestampTooNew => "The request is more than five minutes ahead.",
            Self::SignatureInvalid => "No signature matches.",
            Self::BodyInvalid => "The body is not a JSON object.",
            Self::SecretInvalid => "A webhook secret must be whsec_ and base64.",
        })
    }
}

impl std::error::Error for WebhookError {}

impl Webhooks {
    /// Returns the event in a webhook request, if one of its signatures was made with one of the
    /// secrets (`whsec_…`, several during a rotation) within the last five minutes (Standard
    /// Webhooks 1.0).
    ///
    /// `body` is the request body exactly as it arrived, and `header` returns the value of a header,
    /// such as `|name| headers.get(name)?.to_str().ok().map(String::from)`. It is asked for names in
    /// lower case.
    ///
    /// # Errors
    ///
    /// If the request was not made by Licet, or too long ago.
    pub fn verify<Value: AsRef<str>>(
        body: &[u8],
        header: impl Fn(&str) -> Option<Value>,
        secrets: &[&str],
    ) -> Result<WebhookEvent, WebhookError> {
        Self::verify_at(body, header, secrets, SystemTime::now())
    }

    /// Like [`Webhooks::verify`], at a given time.
    ///
    /// # Errors
    ///
    /// If the request was not made by Licet, or too long before that time.
    pub fn verify_at<Value: AsRef<str>>(
        body: &[u8],
        header: impl Fn(&str) -> Option<Value>,
        secrets: &[&str],
        now: SystemTime,
    ) -> Result<WebhookEvent, WebhookError> {
        let read = |name| header(name).ok_or(WebhookError::HeaderMissing);
        let id = read("webhook-id")?;
        let timestamp = read("webhook-timestamp")?;
        let signatures = read("webhook-signature")?;
        let (id, signatures) = (id.as_ref(), signatures.as_ref());
        if id.is_empty() || signatures.is_empty() {
            return Err(WebhookError::HeaderMissing);
        }
        check_age(timestamp.as_ref(), to_seconds(now))?;
        let parts = [id.as_bytes(), b".", timestamp.as_ref().as_bytes(), b".", body];
        let mut is_signed = false;
        for secret in secrets {
            let key = read_secret(secret)?;
            let mut texts = signatures.split(' ').filter_map(|text| text.strip_prefix("v1,"));
            // `verify_slice` compares in constant time.
            is_signed |= texts.any(|text| {
                from_base64(text)
                    .is_some_and(|mark| hmac_sha256(&key, &parts).verify_slice(&mark).is_ok())
            });
        }
        if is_signed {
            read_event(body)
        } else {
            Err(WebhookError::SignatureInvalid)
        }
    }
}

fn check_age(timestamp: &str, now: i64) -> Result<(), WebhookError> {
    let is_number = timestamp.len() <= TIMESTAMP_DIGITS_MAX
        && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent: i64 =
        timestamp.parse().ok().filter(|_| is_number).ok_or(WebhookError::HeaderMissing)?;
    if now.abs_diff(sent) <= TOLERANCE_SECONDS {
        return Ok(());
    }
    Err(if sent < now { WebhookError::TimestampTooOld } else { WebhookError::TimestampTooNew })
}

fn read_secret(secret: &str) -> Result<Vec<u8>, WebhookError> {
    let base64 = secret.strip_prefix("whsec_").unwrap_or(secret);
    from_base64(base64).filter(|key| !key.is_empty()).ok_or(WebhookError::SecretInvalid)
}

fn read_event(body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    let event: Object = serde_json::from_slice(body).map_err(|_| WebhookError::BodyInvalid)?;
    let text = |name| as_text(event.get(name)).unwrap_or_default();
    Ok(WebhookEvent {
        id: text("id"),
        kind: text("type"),
        timestamp: text("timestamp"),
        data: event.get("data").and_then(Value::as_object).cloned().unwrap_or_default(),
    })
}
