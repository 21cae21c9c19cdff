use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::encoding::new_nonce;
use crate::error::{Error, NoAnswer, Problem};
use crate::http::{send, HttpRequest, HttpResponse, Transport};
use crate::json::parse_object;
use crate::requests::USER_AGENT;
use crate::retry::{retry, RetryLimits};

const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 2;
const RESPONSE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The methods that are idempotent: a POST is, because it always has an `Idempotency-Key`.
const REPEATED_METHODS: [&str; 5] = ["GET", "HEAD", "PUT", "DELETE", "POST"];

/// Sends the requests of a `LicetAdmin`.
#[derive(Clone)]
pub struct Connection {
    url: String,
    token: String,
    transport: Arc<dyn Transport>,
    pub idempotency_key: Option<String>,
    pub if_match: Option<u64>,
    pub timeout: Duration,
    pub retries: u32,
}

impl Connection {
    pub fn new(url: String, token: &str, transport: Arc<dyn Transport>) -> Self {
        let (idempotency_key, if_match) = (None, None);
        let (timeout, retries, token) = (TIMEOUT, RETRIES, token.to_owned());
        Self { url, token, transport, idempotency_key, if_match, timeout, retries }
    }

    /// Returns the JSON of the response, its text, or null if it has no body.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        // Without the slash, the path could change the host.
        if !path.starts_with('/') {
            return Err(Error::Usage(format!("A path starts with a slash, unlike {path}.")));
        }
        let request = HttpRequest {
            method: method.to_owned(),
            url: format!("{}{path}{}", self.url, write_query(path, query)),
            headers: self.headers(method, body.is_some()),
            body: body.map(Value::to_string),
            timeout: self.timeout,
            max_bytes: RESPONSE_BYTES_MAX,
        };
        let is_repeated = REPEATED_METHODS.contains(&method);
        let attempts = if is_repeated { self.retries.saturating_add(1) } else { 1 };
        retry(RetryLimits { attempts, total: Duration::MAX }, |_| {
            read_result(send(self.transport.as_ref(), &request)?)
        })
    }

    fn headers(&self, method: &str, has_body: bool) -> Vec<(String, String)> {
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("authorization", format!("Bearer {}", self.token)),
            ("user-agent", USER_AGENT.to_owned()),
        ];
        if method == "POST" {
            let key = self.idempotency_key.clone().unwrap_or_else(new_nonce);
            headers.push(("idempotency-key", key));
        }
        if let Some(version) = self.if_match {
            headers.push(("if-match", format!("\"{version}\"")));
        }
        if has_body {
            headers.push(("content-type", "application/json".to_owned()));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn write_query(path: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return String::new();
    }
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{sign}{}", Serializer::new(String::new()).extend_pairs(query).finish())
}

/// Returns an error for a status that says that the request has failed.
fn read_result(response: HttpResponse) -> Result<Value, Error> {
    let is_json = response.header("content-type").is_some_and(is_json_type);
    if !(200..300).contains(&response.status) {
        let body = if is_json { parse_object(&response.body) } else { None };
        return Err(Problem::read(&response, &body.unwrap_or_default()).into());
    }
    if is_json && !response.body.is_empty() {
        let message = "The response is not JSON, although it says so.";
        return serde_json::from_str(&response.body).map_err(|_| NoAnswer::not_licet(message));
    }
    Ok(if response.body.is_empty() { Value::Null } else { Value::String(response.body) })
}

fn is_json_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("application/")
        && (essence.ends_with("/json") || essence.ends_with("+json"))
}
