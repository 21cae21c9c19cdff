use std::time::Duration;

use url::Url;

use crate::error::{Error, NoAnswer, NoAnswerReason};

/// Sends requests. Implement it to use an HTTP client of your own.
pub trait Transport: Send + Sync {
    /// Sends one request, without following redirects. Every status is a response.
    ///
    /// # Errors
    ///
    /// If there is no complete response of at most `max_bytes` within `timeout`.
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// A request for a [`Transport`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpRequest {
    /// Such as `POST`.
    pub method: String,
    /// The complete address.
    pub url: String,
    /// Names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Option<String>,
    /// The time for everything, including the body of the response.
    pub timeout: Duration,
    /// How many bytes the body of the response may have.
    pub max_bytes: u64,
}

/// The response to an [`HttpRequest`].
#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    /// Such as 200.
    pub status: u16,
    /// Names, in any case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl HttpResponse {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Why a [`Transport`] has no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportError {
    /// It took too long.
    Timeout,
    /// The response is too long.
    TooLarge,
    /// The server cannot be reached, for the reason in the text.
    Network(String),
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        let (reason, message) = match error {
            TransportError::Timeout => (NoAnswerReason::Timeout, "No answer in time.".to_owned()),
            TransportError::TooLarge => {
                (NoAnswerReason::TooLarge, "The response is too long.".to_owned())
            }
            TransportError::Network(why) => {
                (NoAnswerReason::Network, format!("The server cannot be reached: {why}"))
            }
        };
        NoAnswer::new(reason, &message).into()
    }
}

/// Sends a request. A redirect is no answer: Licet never redirects, but a captive portal does, and
/// the key must not follow.
pub fn send(transport: &dyn Transport, request: &HttpRequest) -> Result<HttpResponse, Error> {
    let response = transport.send(request)?;
    if !(300..400).contains(&response.status) {
        return Ok(response);
    }
    let message = "The address redirects, which Licet never does.";
    let no_answer = NoAnswer::new(NoAnswerReason::NotLicet, message);
    Err(NoAnswer { status: Some(response.status), ..no_answer }.into())
}

/// Returns the address of a server without a slash at its end.
pub fn parse_server_url(text: &str) -> Result<String, Error> {
    let is_base = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    let Some(url) = Url::parse(text.trim()).ok().filter(is_base) else {
        let message = "url must be the address of the server, such as https://licenses.example.com";
        return Err(Error::usage(message));
    };
    let address = url.origin().ascii_serialization() + url.path();
    Ok(address.trim_end_matches('/').to_owned())
}

#[cfg(feature = "http")]
pub use with_ureq::UreqTransport;

#[cfg(feature = "http")]
mod with_ureq {
    use ureq::http::Request;
    use ureq::tls::{RootCerts, TlsConfig};
    use ureq::Agent;

    use super::{HttpRequest, HttpResponse, Transport, TransportError};

    /// Sends requests with ureq. By default it trusts the certificate authorities of the operating
    /// system, and uses the proxy of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[derive(Clone, Debug)]
    pub struct UreqTransport(Agent);

    impl Default for UreqTransport {
        fn default() -> Self {
            let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
            Self(Agent::config_builder().tls_config(tls).build().new_agent())
        }
    }

    impl UreqTransport {
        /// Sends requests with an agent of your own, such as one with a proxy or a certificate
        /// authority of yours.
        #[must_use]
        pub fn from_agent(agent: Agent) -> Self {
            Self(agent)
        }

        fn exchange(&self, request: &HttpRequest) -> Result<HttpResponse, ureq::Error> {
            let mut builder = Request::builder().method(request.method.as_str()).uri(&request.url);
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            let mut response = match &request.body {
                Some(body) => self.run(builder.body(body.as_str())?, request),
                None => self.run(builder.body(())?, request),
            }?;
            let headers = response.headers().iter();
            let headers = headers
                .filter_map(|(name, value)| {
                    Some((name.to_string(), value.to_str().ok()?.to_owned()))
                })
                .collect();
            let body = response.body_mut().with_config().limit(request.max_bytes).read_to_vec()?;
            Ok(HttpResponse {
                status: response.status().as_u16(),
                headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        }

        fn run<Body: ureq::AsSendBody>(
            &self,
            built: Request<Body>,
            request: &HttpRequest,
        ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
            let configured = self
                .0
                .configure_request(built)
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .timeout_global(Some(request.timeout))
                .build();
            self.0.run(configured)
        }
    }

    impl Transport for UreqTransport {
        fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
            self.exchange(request).map_err(|error| match error {
                ureq::Error::Timeout(_) => TransportError::Timeout,
                ureq::Error::BodyExceedsLimit(_) => TransportError::TooLarge,
                other => TransportError::Network(other.to_string()),
            })
        }
    }
}
