use std::time::Duration;

use serde_json::Value;

use crate::client::Inner;
use crate::encoding::new_nonce;
use crate::error::{Error, NoAnswer, NoAnswerReason};
use crate::http::{send, HttpRequest, HttpResponse};
use crate::json::{as_text, parse_object, Object};
use crate::record::Feed;
use crate::retry::{is_passing_status, parse_retry_after, retry, RetryLimits};
use crate::verdicts::{read_error, read_verdict, Valid, Verdict};
use crate::verification::Proof;

pub const USER_AGENT: &str = concat!("licet-rust/", env!("CARGO_PKG_VERSION"));

const ATTEMPTS: u32 = 3;
const TOTAL: Duration = Duration::from_secs(10);
const RESPONSE_BYTES_MAX: u64 = 1024 * 1024;

/// The kind of signature that a request asks for if keys are pinned.
#[derive(Clone, Copy, PartialEq)]
pub enum Signing {
    Lease,
    Answer,
    Nothing,
}

/// How often a request is sent.
#[derive(Clone, Copy)]
pub enum Attempts {
    One,
    UpToThree,
}

pub struct AppResponse {
    pub response: HttpResponse,
    pub proof: Proof,
}

/// A granted request, with its signed verdict if keys are pinned.
pub struct Grant {
    pub body: Object,
    pub verdict: Option<Box<Valid>>,
    /// When the server answered, if it said so.
    pub date: Option<i64>,
}

/// The members of a request. Those without a value are left out.
pub type Fields<'a> = Vec<(&'a str, Option<Value>)>;

impl Inner {
    /// Sends a request of an app.
    pub fn post(
        &self,
        route: &str,
        fields: &Fields,
        signing: Signing,
        attempts: Attempts,
    ) -> Result<AppResponse, Error> {
        let attempts = match attempts {
            Attempts::One => 1,
            Attempts::UpToThree => ATTEMPTS,
        };
        retry(RetryLimits { attempts, total: TOTAL }, |remaining| {
            self.post_once(route, fields, signing, remaining)
        })
    }

    fn post_once(
        &self,
        route: &str,
        fields: &Fields,
        signing: Signing,
        remaining: Duration,
    ) -> Result<AppResponse, Error> {
        let is_signed = signing != Signing::Nothing && !self.rules.public_keys.is_empty();
        let nonce = is_signed.then(new_nonce);
        let present =
            fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
        let mut body: Object = present.collect();
        if let Some(nonce) = &nonce {
            body.insert("nonce".to_owned(), nonce.clone().into());
            if signing == Signing::Lease {
                body.insert("lease".to_owned(), true.into());
            }
        }
        let body = Value::Object(body).to_string();
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: format!("{}/api/v1{route}", self.url),
            headers: [
                ("content-type", "application/json"),
                ("accept", "application/json"),
                ("user-agent", USER_AGENT),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            body: Some(body.clone()),
            timeout: self.timeout.min(remaining),
            max_bytes: RESPONSE_BYTES_MAX,
        };
        let response = send(self.transport.as_ref(), &request)?;
        if is_passing_status(response.status) {
            let message = format!("The server answered {}.", response.status);
            let retry_after = parse_retry_after(response.header("retry-after"));
            let no_answer = NoAnswer::new(NoAnswerReason::Status, &message);
            let status = Some(response.status);
            return Err(NoAnswer { status, retry_after, ..no_answer }.into());
        }
        let route = Some(route.to_owned());
        Ok(AppResponse { response, proof: Proof { nonce, request_body: Some(body), route } })
    }

    /// Decides whether a response is a verdict.
    pub fn read_verdict(
        &self,
        AppResponse { response, proof }: &AppResponse,
        feed: Option<&Feed>,
    ) -> Result<Verdict, Error> {
        let product = self.product.as_deref();
        read_verdict(response, &self.rules.public_keys, product, proof, feed)
    }

    /// Returns what the server granted, if it did, and has signed it if keys are pinned.
    pub fn read_grant(&self, answered: &AppResponse, feed: Option<&Feed>) -> Result<Grant, Error> {
        let response = &answered.response;
        let body = parse_object(&response.body);
        if response.status != 200 {
            return Err(read_error(response, &body.unwrap_or_default()));
        }
        let Some(body) = body else {
            return Err(NoAnswer::not_licet("The response does not come from Licet."));
        };
        let date = response.header("date").and_then(crate::time::parse_http_date);
        if answered.proof.nonce.is_none() {
            return Ok(Grant { body, verdict: None, date });
        }
        match self.read_verdict(answered, feed)? {
            Verdict::Valid(valid) => Ok(Grant { body, verdict: Some(valid), date }),
            Verdict::Refused(_) => {
                let message = "The response grants what its signature refuses.";
                Err(NoAnswer::new(NoAnswerReason::Signature, message).into())
            }
        }
    }
}

/// Returns a member of a response that is a text.
pub fn read_member(body: &Object, name: &str) -> Result<String, Error> {
    let missing = || NoAnswer::not_licet(&format!("The response has no \"{name}\"."));
    as_text(body.get(name)).ok_or_else(missing)
}
