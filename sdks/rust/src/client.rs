use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::builder::{Builder, Clock, Report};
use crate::checks::Refreshes;
use crate::error::Error;
use crate::fingerprints::{find_fingerprint, Sources};
use crate::http::Transport;
use crate::judge::{judge, Evidence, Rules, Ruling};
use crate::keys::{is_space, Keys};
use crate::record::{Record, Subject};
use crate::seats::Seats;
use crate::store::{lock, FallbackStore};
use crate::time::to_seconds;
use crate::verdicts::Verdict;
use crate::verification::Binding;

/// Checks the license of an app. Clones share everything, and can be used by many threads.
#[derive(Clone)]
pub struct Licet {
    pub(crate) inner: Arc<Inner>,
    pub(crate) target: Target,
}

/// What calls are about.
#[derive(Clone, Default)]
pub(crate) struct Target {
    pub key: Option<String>,
    pub domain: Option<String>,
    pub device: Device,
}

#[derive(Clone, Default)]
pub(crate) enum Device {
    /// This device, unless there is a domain.
    #[default]
    This,
    Given(String),
    Unnamed,
}

impl Device {
    /// A blank fingerprint counts as none given.
    pub fn given(fingerprint: String) -> Self {
        if fingerprint.trim().is_empty() {
            Self::This
        } else {
            Self::Given(fingerprint)
        }
    }
}

/// The options of a client, complete and checked, and what its clones share.
pub(crate) struct Inner {
    /// Without a slash at the end.
    pub url: String,
    pub app_id: String,
    pub product: Option<String>,
    pub device_name: Option<String>,
    pub app_version: Option<String>,
    pub store: FallbackStore,
    pub timeout: Duration,
    pub rules: Rules,
    pub transport: Arc<dyn Transport>,
    pub clock: Clock,
    pub on_problem: Report,
    /// From 0 to 0.1.
    pub jitter: f64,
    /// The fingerprint of this device stays the same as long as the client.
    pub device: OnceLock<String>,
    /// Is locked while a record is read, changed and written.
    pub records: Mutex<()>,
    pub refreshes: Refreshes,
}

impl Licet {
    /// Starts a client for a server, such as `https://licenses.example.com`. `app_id` names your app
    /// in letters, digits, dots and dashes, and must never change.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), licet::Error> {
    /// let licet = licet::Licet::builder("https://licenses.example.com", "com.example.editor")
    ///     .key("TO-04HM-ASW9-NF6Y-Y0CN")
    ///     .public_keys(["wHd_e1-FbygGlaVs3sc9Tu9Llg5b9x7R-lpwgBxJ0CY"])
    ///     .build()?;
    /// if !licet.check().allowed {
    ///     println!("Please enter your license key.");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: impl Into<String>, app_id: impl Into<String>) -> Builder {
        Builder::new(url.into(), app_id.into())
    }

    pub(crate) fn from_parts(inner: Arc<Inner>, target: Target) -> Self {
        Self { inner, target }
    }

    /// Returns a client for another license key, such as one that the customer has just entered.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.target.key = Some(key.into());
        changed
    }

    /// Returns a client for a domain, in place of this device.
    #[must_use]
    pub fn with_domain(&self, domain: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.target.domain = Some(domain.into());
        changed
    }

    /// Returns a client for another device.
    #[must_use]
    pub fn with_fingerprint(&self, fingerprint: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.target.device = Device::given(fingerprint.into());
        changed
    }

    /// The floating seats of the license, which many devices share.
    #[must_use]
    pub fn seats(&self) -> Seats<'_> {
        Seats { licet: self }
    }

    /// Completes the target with the fingerprint of this device.
    pub(crate) fn subject(&self) -> Subject {
        let Target { key, domain, device } = &self.target;
        let fingerprint = match device {
            Device::Given(fingerprint) => Some(fingerprint.clone()),
            Device::This if domain.is_none() => Some(self.inner.device().to_owned()),
            Device::This | Device::Unnamed => None,
        };
        Subject {
            key: key.as_deref().and_then(normalize_key),
            binding: Binding {
                product: self.inner.product.clone(),
                fingerprint,
                domain: domain.clone(),
            },
        }
    }

    /// The fingerprint for calls that need one.
    pub(crate) fn fingerprint(&self) -> String {
        match &self.target.device {
            Device::Given(fingerprint) => fingerprint.clone(),
            Device::This | Device::Unnamed => self.inner.device().to_owned(),
        }
    }
}

fn normalize_key(key: &str) -> Option<String> {
    let trimmed = key.trim_matches(is_space);
    let is_given = !trimmed.is_empty();
    is_given.then(|| Keys::normalize(trimmed).unwrap_or_else(|| trimmed.to_owned()))
}

/// Returns the license key, without which nothing can be asked.
pub(crate) fn require_key(subject: &Subject) -> Result<&str, Error> {
    let missing = || Error::usage("This needs a license key: pass `key` to the client.");
    subject.key.as_deref().ok_or_else(missing)
}

impl Inner {
    /// Returns the time in seconds since 1970.
    pub fn now(&self) -> i64 {
        to_seconds((self.clock)())
    }

    pub fn report(&self, problem: &Error) {
        (self.on_problem)(problem);
    }

    fn device(&self) -> &str {
        self.device.get_or_init(|| {
            let sources = Sources::of_this_device();
            find_fingerprint(&self.app_id, None, &sources, &self.store).value
        })
    }

    /// Reads the record of a subject. A damaged or missing one is empty.
    pub fn load(&self, subject: &Subject) -> Evidence {
        let stored = self.store.get(&subject.record_name());
        let record = stored.as_deref().map(Record::parse).unwrap_or_default();
        Evidence::open(record, &self.rules.public_keys)
    }

    /// Changes the record of a subject. It is read right before, since another process may have
    /// changed it, and written only if it differs.
    pub fn change_record<T>(
        &self,
        subject: &Subject,
        change: impl FnOnce(Evidence) -> Result<(Record, T), Error>,
    ) -> Result<T, Error> {
        let _turn = lock(&self.records);
        let evidence = self.load(subject);
        let before = evidence.record.clone();
        let (record, result) = change(evidence)?;
        if record != before {
            self.store.put(&subject.record_name(), &record.to_json());
        }
        Ok(result)
    }

    pub fn delete_record(&self, subject: &Subject) {
        let _turn = lock(&self.records);
        self.store.delete(&subject.record_name());
    }

    /// Judges a license by a verdict, or else by its record alone, and stores what follows.
    pub fn judge(&self, subject: &Subject, verdict: Option<&Verdict>) -> Ruling {
        self.judge_by(subject, |_| verdict.cloned(), |_, ruling| ruling)
    }

    /// Like `judge`: the verdict may depend on the record, and the ruling be completed by it.
    pub fn judge_by(
        &self,
        subject: &Subject,
        read: impl FnOnce(&Evidence) -> Option<Verdict>,
        complete: impl FnOnce(&Evidence, Ruling) -> Ruling,
    ) -> Ruling {
        let _turn = lock(&self.records);
        let evidence = self.load(subject);
        let verdict = read(&evidence);
        let ruling = judge(&evidence, self.now(), verdict.as_ref(), &self.rules, &subject.binding);
        if ruling.record != evidence.record {
            self.store.put(&subject.record_name(), &ruling.record.to_json());
        }
        complete(&evidence, ruling)
    }
}
