use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::http::HttpResponse;
use crate::json::{as_text, Object};
use crate::retry::parse_retry_after;
use crate::tokens::TokenFault;

/// Everything that can go wrong. `Licet::check` returns none of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server gave no answer that counts. It never means that a license is invalid.
    NoAnswer(NoAnswer),
    /// The server answered with an error, or refused an activation or a seat.
    Problem(Box<Problem>),
    /// A license file or a revocation feed proves nothing.
    Token(TokenFault),
    /// The store failed. Only reported to `on_problem`: the client works without it.
    Store(std::io::Error),
    /// The call or an option is wrong: a mistake of the app.
    Usage(String),
}

impl Error {
    pub(crate) fn usage(message: &str) -> Self {
        Self::Usage(message.to_owned())
    }

    /// Returns the code, such as `DEVICE_LIMIT_REACHED`, `NO_ANSWER` or `FINGERPRINT_MISMATCH`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::NoAnswer(_) => Some("NO_ANSWER"),
            Self::Problem(problem) => Some(&problem.code),
            Self::Token(fault) => Some(fault.code()),
            Self::Store(_) | Self::Usage(_) => None,
        }
    }

    /// How long the server asked to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoAnswer(no_answer) => no_answer.retry_after,
            Self::Problem(problem) => problem.retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoAnswer(no_answer) => no_answer.fmt(formatter),
            Self::Problem(problem) => problem.fmt(formatter),
            Self::Token(fault) => fault.fmt(formatter),
            Self::Store(error) => write!(formatter, "The store failed: {error}"),
            Self::Usage(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NoAnswer> for Error {
    fn from(no_answer: NoAnswer) -> Self {
        Self::NoAnswer(no_answer)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<TokenFault> for Error {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

/// The server gave no answer that counts: a timeout, a network failure, status 408, 425, 429 or 5xx,
/// something else than Licet (a captive portal), or a response without the signature that was asked
/// for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NoAnswer {
    /// Which of these it is.
    pub reason: NoAnswerReason,
    /// The same for people.
    pub message: String,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoAnswerReason {
    /// It took too long.
    Timeout,
    /// The server cannot be reached.
    Network,
    /// The status says that another attempt may succeed.
    Status,
    /// Something else than Licet answered.
    NotLicet,
    /// The response is too long.
    TooLarge,
    /// The response is not signed as it must be.
    Signature,
}

impl NoAnswer {
    pub(crate) fn new(reason: NoAnswerReason, message: &str) -> Self {
        Self { reason, message: message.to_owned(), status: None, retry_after: None }
    }

    pub(crate) fn not_licet(message: &str) -> Error {
        Self::new(NoAnswerReason::NotLicet, message).into()
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// An error of the server (RFC 9457), or a refused activation, deactivation or seat.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// The status of the response.
    pub status: u16,
    /// A stable code, such as `DEVICE_LIMIT_REACHED` or `validation_failed`.
    pub code: String,
    /// A sentence that says what to do.
    pub detail: String,
    /// The fields that the server rejected.
    pub errors: Vec<FieldError>,
    /// Facts about the refusal, such as `{"limit": 3, "used": 3}`.
    pub details: Object,
    /// Names the request in the log of the server.
    pub request_id: Option<String>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
}

/// One field of a request that the server rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// A JSON pointer into the body, such as `/plan`.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A member of a wrong type counts as missing.
    pub(crate) fn read(response: &HttpResponse, body: &Object) -> Self {
        let status = response.status;
        let text = |name: &str| as_text(body.get(name));
        let own_detail = || format!("The server answered with status {status}.");
        let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
        Self {
            status,
            code: text("code").unwrap_or_else(|| format!("HTTP_{status}")),
            detail: text("detail").unwrap_or_else(own_detail),
            errors: errors.filter_map(FieldError::read).collect(),
            details: body.get("details").and_then(Value::as_object).cloned().unwrap_or_default(),
            request_id: text("request_id")
                .or_else(|| response.header("x-request-id").map(str::to_owned)),
            retry_after: parse_retry_after(response.header("retry-after")),
        }
    }
}

impl FieldError {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| as_text(value.get(name));
        Some(Self { pointer: text("pointer")?, detail: text("detail")? })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} ({})", self.detail, self.code)
    }
}
