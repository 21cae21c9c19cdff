//! The management API, for your own servers: its API key must never be part of an app.

mod connection;
mod list;
mod resources;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::builder::default_transport;
use crate::error::{Error, NoAnswer};
use crate::http::{parse_server_url, Transport};
use connection::Connection;

pub use list::List;
pub use resources::{Events, Licenses, Plans, Products, WebhookEndpoints};
#[cfg(feature = "internals")]
pub use routes::ROUTES;

use routes::fill_route;

/// Parameters of a query, such as `&[("plan", "professional")]`.
pub type Query<'a> = &'a [(&'a str, &'a str)];

/// The management API. Calls take and return the objects of the API as JSON. They fail with
/// [`Error::Problem`] if the server answers with an error, and with [`Error::NoAnswer`] if there is no
/// response, in both cases after the retries.
///
/// ```no_run
/// # fn main() -> Result<(), licet::Error> {
/// use licet::{json, LicetAdmin};
///
/// let admin = LicetAdmin::new("https://licenses.example.com", "licet_fake")?;
/// let order = json!({ "plan": "professional", "customer_email": "dev@example.com" });
/// let license = admin.licenses().create(&order)?;
/// for license in admin.licenses().list(&[("plan", "professional")]) {
///     println!("{}", license?["id"]);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LicetAdmin {
    connection: Connection,
}

impl LicetAdmin {
    /// Makes a client for a server and an API key such as `licet_…`.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if one of them is not.
    pub fn new(url: &str, token: &str) -> Result<Self, Error> {
        Self::open(url, token, default_transport()?)
    }

    /// Like [`LicetAdmin::new`], with a way of your own to send requests.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if the address or the API key is not one.
    pub fn with_transport(
        url: &str,
        token: &str,
        transport: impl Transport + 'static,
    ) -> Result<Self, Error> {
        Self::open(url, token, Arc::new(transport))
    }

    fn open(url: &str, token: &str, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let token = token.trim();
        if token.is_empty() {
            return Err(Error::usage("LicetAdmin needs an API key."));
        }
        Ok(Self { connection: Connection::new(parse_server_url(url)?, token, transport) })
    }

    /// Returns a client whose POSTs have this `Idempotency-Key`, such as the ID of an order, so that
    /// a call can be repeated later without a second effect. By default each call has a new one, the
    /// same for all of its attempts.
    #[must_use]
    pub fn idempotency_key(&self, key: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.connection.idempotency_key = Some(key.into());
        changed
    }

    /// Returns a client whose changes fail with status 412 if the license no longer has the `version`
    /// that you have read.
    #[must_use]
    pub fn if_match(&self, version: u64) -> Self {
        let mut changed = self.clone();
        changed.connection.if_match = Some(version);
        changed
    }

    /// Returns a client with another time for each attempt; 30 seconds by default.
    #[must_use]
    pub fn timeout(&self, timeout: Duration) -> Self {
        let mut changed = self.clone();
        changed.connection.timeout = timeout;
        changed
    }

    /// Returns a client that repeats a request so often after a failure that may pass; 2 by default.
    #[must_use]
    pub fn retries(&self, retries: u32) -> Self {
        let mut changed = self.clone();
        changed.connection.retries = retries;
        changed
    }

    /// The licenses.
    #[must_use]
    pub fn licenses(&self) -> Licenses<'_> {
        Licenses(self)
    }

    /// The plans.
    #[must_use]
    pub fn plans(&self) -> Plans<'_> {
        Plans(self)
    }

    /// The products.
    #[must_use]
    pub fn products(&self) -> Products<'_> {
        Products(self)
    }

    /// The endpoints to which events are sent.
    #[must_use]
    pub fn webhooks(&self) -> WebhookEndpoints<'_> {
        WebhookEndpoints(self)
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        Events(self)
    }

    /// Sends any other request of the API, such as `request("GET", "/api/v1/mails?limit=1", None)`.
    /// Returns the JSON of the response, its text if it is not JSON, or null if it has no body.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] and [`Error::NoAnswer`], and [`Error::Usage`] for a path without a slash at
    /// its start.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        self.connection.send(&method.to_ascii_uppercase(), path, &[], body)
    }

    fn call(&self, name: &str, ids: &[&str], body: Option<&Value>) -> Result<Value, Error> {
        self.call_with(name, ids, &[], body)
    }

    fn call_with(
        &self,
        name: &str,
        ids: &[&str],
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let (method, path) = fill_route(name, ids)?;
        match self.connection.send(method, &path, query, body)? {
            found @ (Value::Object(_) | Value::Null) => Ok(found),
            _ => {
                let message = "Something else than Licet answered. Check the URL of the server.";
                Err(NoAnswer::not_licet(message))
            }
        }
    }

    fn list(&self, name: &'static str, ids: &[&str], query: Query) -> List<'_> {
        List::new(self, name, ids, query)
    }
}

/// Writes the body of a call as JSON.
fn to_json(body: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(body)
        .map_err(|error| Error::Usage(format!("The body cannot be written as JSON: {error}")))
}
