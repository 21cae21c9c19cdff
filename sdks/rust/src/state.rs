use serde::Serialize;
use serde_json::Value;

use crate::claims::Terms;
use crate::json::Object;
use crate::time::format_time;

/// The result of a check. Times are RFC 3339 in UTC, such as `2027-01-15T08:00:00Z`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct State {
    /// Whether the app may run: the status is `Licensed` or `Grace`.
    pub allowed: bool,
    /// What is known about the license.
    pub status: Status,
    /// What the status is based on.
    pub source: Source,
    /// Why the app is not allowed to run, such as `LICENSE_EXPIRED` or `NO_ANSWER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The license, if the app is allowed to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// Codes such as `EXPIRES_SOON`.
    pub warnings: Vec<String>,
    /// In grace: since when a confirmation is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<String>,
    /// When the next refresh is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<String>,
    /// Until when the app is allowed to run without any answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// What is known about a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is valid.
    Licensed,
    /// It is valid, but the server has not confirmed it for too long.
    Grace,
    /// A server has said no. An outage never does this.
    Refused,
    /// Nothing proves either, so the app decides.
    Unknown,
}

/// What a state is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An answer of the server to this call.
    Server,
    /// The stored lease.
    Lease,
    /// The imported license file.
    File,
    /// A stored answer or refusal.
    Cache,
    /// Nothing is stored.
    None,
}

/// A license, as an app sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct License {
    /// Its ID, such as `lic_01kf…`.
    pub id: String,
    /// The slug of its plan.
    pub plan: String,
    /// Its features: booleans, numbers and texts.
    pub features: Object,
    /// RFC 3339. None without an end.
    pub expires_at: Option<String>,
}

impl License {
    /// Whether a feature is included: it is there, and neither `false` nor 0.
    #[must_use]
    pub fn includes(&self, feature: &str) -> bool {
        match self.features.get(feature) {
            None | Some(Value::Bool(false)) => false,
            Some(value) => value.as_f64() != Some(0.0),
        }
    }

    pub(crate) fn from_terms(terms: &Terms) -> Self {
        Self {
            id: terms.sub.clone(),
            plan: terms.plan.clone(),
            features: terms.features.clone(),
            expires_at: terms.end.map(format_time),
        }
    }
}

impl State {
    /// Returns a state that does not allow the app to run.
    pub(crate) fn denied(status: Status, code: &str, message: &str, source: Source) -> Self {
        Self {
            allowed: false,
            status,
            source,
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            license: None,
            warnings: Vec::new(),
            stale_since: None,
            refresh_after: None,
            valid_until: None,
        }
    }

    /// Refuses an allowed state without one of the features.
    #[doc(hidden)]
    #[must_use]
    pub fn requiring<Name: AsRef<str>>(self, features: &[Name]) -> Self {
        let Some(license) = self.license.as_ref().filter(|_| self.allowed) else {
            return self;
        };
        let mut names = features.iter().map(AsRef::as_ref);
        let Some(missing) = names.find(|name| !license.includes(name)) else {
            return self;
        };
        let message = format!("The license does not include the feature \"{missing}\".");
        Self::denied(Status::Refused, "FEATURE_NOT_INCLUDED", &message, self.source)
    }
}
