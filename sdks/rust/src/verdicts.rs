use serde_json::Value;

use crate::claims::{Content, Terms};
use crate::error::{Error, NoAnswer, NoAnswerReason, Problem};
use crate::http::HttpResponse;
use crate::json::{as_text, parse_object, Object};
use crate::record::{Feed, ValidBody};
use crate::state::License;
use crate::time::parse_http_date;
use crate::tokens::{open_either, Token, TokenFault, TokenType};
use crate::verification::{check_proof, Proof};

/// A server's decision.
#[derive(Clone, Debug)]
pub enum Verdict {
    Valid(Box<Valid>),
    Refused(Refused),
}

#[derive(Clone, Debug)]
pub struct Valid {
    pub license: License,
    pub warnings: Vec<String>,
    /// When the server decided; none if it did not say.
    pub at: Option<i64>,
    /// The text of the lease, with its times to refresh and to end.
    pub lease: Option<(String, i64, i64)>,
    /// The seat that the server has signed, and when it ends.
    pub seat: Option<(String, i64)>,
    /// The response, if it needs no signature.
    pub body: Option<ValidBody>,
}

#[derive(Clone, Debug)]
pub struct Refused {
    pub code: String,
    pub message: String,
    pub details: Object,
    pub at: Option<i64>,
}

/// Decides whether a response is a verdict (conformance suite, "What an outcome is"). With pinned
/// keys, only a signed answer is one, and nothing beside it is read.
pub fn read_verdict(
    response: &HttpResponse,
    keys: &[String],
    product: Option<&str>,
    proof: &Proof,
    feed: Option<&Feed>,
) -> Result<Verdict, Error> {
    let body = parse_object(&response.body).unwrap_or_default();
    let error = read_error(response, &body);
    if !matches!(response.status, 200 | 404) {
        return Err(error);
    }
    if !keys.is_empty() {
        let verdict = read_signed(body.get("signed"), keys, product, proof, feed);
        return verdict.map_err(|fault| match error {
            Error::Problem(_) => error,
            _ => NoAnswer::new(NoAnswerReason::Signature, &fault.to_string()).into(),
        });
    }
    let at = response.header("date").and_then(parse_http_date);
    if let Some(body) = ValidBody::read(&body).filter(|_| response.status == 200) {
        let (license, warnings) = (body.license.clone(), body.warnings.clone());
        let (lease, seat, body) = (None, None, Some(body));
        let valid = Valid { license, warnings, at, lease, seat, body };
        return Ok(Verdict::Valid(Box::new(valid)));
    }
    if body.get("valid") != Some(&Value::Bool(false)) {
        return Err(error);
    }
    let code = as_text(body.get("error"));
    let (Some(code), Some(message)) = (code, as_text(body.get("message"))) else {
        return Err(error);
    };
    let details = body.get("details").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(Verdict::Refused(Refused { code, message, details, at }))
}

/// Returns what a response that grants nothing reports: a problem, or nothing that counts.
pub fn read_error(response: &HttpResponse, body: &Object) -> Error {
    let status = response.status;
    if (400..500).contains(&status) && body.get("code").is_some_and(Value::is_string) {
        return Problem::read(response, body).into();
    }
    let message = format!("The response with status {status} does not come from Licet.");
    NoAnswer { status: Some(status), ..NoAnswer::new(NoAnswerReason::NotLicet, &message) }.into()
}

fn read_signed(
    signed: Option<&Value>,
    keys: &[String],
    product: Option<&str>,
    proof: &Proof,
    feed: Option<&Feed>,
) -> Result<Verdict, TokenFault> {
    let text = signed.and_then(Value::as_str).ok_or(TokenFault::Malformed)?;
    let token = open_either(text, [TokenType::Lease, TokenType::Answer], keys)?;
    check_proof(&token, proof, feed)?;
    let Token { claims, .. } = token;
    let at = Some(claims.iat);
    let accept = |terms: Terms, lease| {
        if product.is_some_and(|product| product != terms.aud) {
            return Err(TokenFault::ProductMismatch);
        }
        let license = License::from_terms(&terms);
        let Terms { warnings, sea: seat, .. } = terms;
        let valid = Valid { license, warnings, at, lease, seat, body: None };
        Ok(Verdict::Valid(Box::new(valid)))
    };
    match claims.content {
        Content::License(lease) => {
            accept(lease.terms, Some((text.to_owned(), lease.rfa, claims.exp)))
        }
        Content::Valid(terms) => accept(terms, None),
        Content::Refused(refusal) => Ok(Verdict::Refused(Refused {
            code: refusal.error,
            message: refusal.message,
            details: refusal.details,
            at,
        })),
        Content::Revocations(_) => Err(TokenFault::TypeUnexpected),
    }
}
