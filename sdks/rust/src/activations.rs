use serde_json::Value;

use crate::client::{require_key, Inner, Licet};
use crate::error::Error;
use crate::json::{as_text, Object};
use crate::record::{Feed, Subject};
use crate::requests::{read_member, Attempts, Fields, Grant, Signing};
use crate::verdicts::Verdict;

/// A domain or device that uses a license.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activation {
    /// Its ID, such as `act_01kf…`.
    pub id: String,
    /// What it is for.
    pub kind: ActivationKind,
    /// The normalized domain, or the fingerprint.
    pub value: String,
    /// The name of the device.
    pub name: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// What an activation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActivationKind {
    /// A website.
    Domain,
    /// A device.
    Device,
}

impl Licet {
    /// Activates the domain, or else the device. Repeating it returns the same activation.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] with the code of the refusal, such as `DEVICE_LIMIT_REACHED`, and
    /// [`Error::NoAnswer`].
    pub fn activate(&self) -> Result<Activation, Error> {
        let (subject, inner) = (self.subject(), &self.inner);
        let mut fields = describe_place(&subject)?;
        fields.push(("name", inner.device_name.clone().map(Value::from)));
        let answered = inner.post("/activate", &fields, Signing::Lease, Attempts::UpToThree)?;
        let grant = inner.read_grant(&answered, inner.find_feed(&subject).as_ref())?;
        let activation = read_activation(&grant.body);
        inner.store_grant(&subject, grant);
        activation
    }

    /// Frees the slot of the domain, or else of the device, and deletes the stored license.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] and [`Error::NoAnswer`].
    pub fn deactivate(&self) -> Result<Activation, Error> {
        let (subject, inner) = (self.subject(), &self.inner);
        let fields = describe_place(&subject)?;
        let answered = inner.post("/deactivate", &fields, Signing::Nothing, Attempts::UpToThree)?;
        let grant = inner.read_grant(&answered, None)?;
        inner.delete_record(&subject);
        read_activation(&grant.body)
    }
}

/// The server wants either a domain or a fingerprint.
fn describe_place(subject: &Subject) -> Result<Fields<'static>, Error> {
    let key = ("key", Some(Value::from(require_key(subject)?)));
    let binding = &subject.binding;
    match (&binding.domain, &binding.fingerprint) {
        (Some(domain), _) => Ok(vec![key, ("domain", Some(domain.clone().into()))]),
        (None, Some(own)) => Ok(vec![key, ("fingerprint", Some(own.clone().into()))]),
        (None, None) => Err(Error::usage("Pass the domain or the fingerprint to activate.")),
    }
}

fn read_activation(body: &Object) -> Result<Activation, Error> {
    let is_domain = body.get("kind").and_then(Value::as_str) == Some("domain");
    Ok(Activation {
        id: read_member(body, "id")?,
        kind: if is_domain { ActivationKind::Domain } else { ActivationKind::Device },
        value: read_member(body, "value")?,
        name: as_text(body.get("name")),
        created_at: read_member(body, "created_at")?,
    })
}

impl Inner {
    /// The revocations that were imported for a license.
    pub fn find_feed(&self, subject: &Subject) -> Option<Feed> {
        self.load(subject).record.feed
    }

    /// Stores the lease that came with a granted request.
    pub fn store_grant(&self, subject: &Subject, grant: Grant) {
        if let Some(valid) = grant.verdict {
            self.judge(subject, Some(&Verdict::Valid(valid)));
        }
    }
}
