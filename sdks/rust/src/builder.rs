use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use crate::checks::Refreshes;
use crate::client::{Device, Inner, Licet, Target};
use crate::ed25519::is_sound_key;
use crate::encoding::random_fraction;
use crate::error::Error;
use crate::fingerprints::check_app_id;
use crate::http::{parse_server_url, Transport};
use crate::judge::Rules;
use crate::store::{FallbackStore, FileStore, MemoryStore, Store};
use crate::time::to_seconds;
use crate::tokens::parse_public_key;

const TIMEOUT: Duration = Duration::from_secs(3);
/// A refresh is due earlier by up to this part of its time, so that not all apps ask at once.
const JITTER_MAX: f64 = 0.1;
const DAY: Duration = Duration::from_secs(86_400);

pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
pub type Report = Arc<dyn Fn(&Error) + Send + Sync>;

/// The options of a [`Licet`] client. See [`Licet::builder`].
#[must_use]
pub struct Builder {
    url: String,
    app_id: String,
    target: Target,
    product: Option<String>,
    device_name: Option<String>,
    app_version: Option<String>,
    public_keys: Vec<String>,
    store: Option<Box<dyn Store>>,
    timeout: Duration,
    refresh: Duration,
    hard_limit: Duration,
    transport: Option<Arc<dyn Transport>>,
    clock: Clock,
    built_at: Option<SystemTime>,
    on_problem: Report,
}

impl Builder {
    pub(crate) fn new(url: String, app_id: String) -> Self {
        Self {
            url,
            app_id,
            target: Target::default(),
            product: None,
            device_name: None,
            app_version: None,
            public_keys: Vec::new(),
            store: None,
            timeout: TIMEOUT,
            refresh: DAY,
            hard_limit: 30 * DAY,
            transport: None,
            clock: Arc::new(SystemTime::now),
            built_at: None,
            on_problem: Arc::new(|_| ()),
        }
    }

    /// Sets the customer's license key, as it was pasted. A blank one is none: then only a license
    /// file can allow the app.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.target.key = Some(key.into());
        self
    }

    /// Sets the slug of your product, so that keys of other products are refused.
    pub fn product(mut self, slug: impl Into<String>) -> Self {
        self.product = Some(slug.into());
        self
    }

    /// Pins the public keys that `licet signing keys` prints on your server: with them, no other
    /// server can answer.
    pub fn public_keys<Key: Into<String>>(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.public_keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the site on which the app runs. The device is then only named if a fingerprint is set.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.target.domain = Some(domain.into());
        self
    }

    /// Sets the fingerprint in place of that of this device.
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.target.device = Device::given(fingerprint.into());
        self
    }

    /// Names no device, for licenses that are for any.
    pub fn without_fingerprint(mut self) -> Self {
        self.target.device = Device::Unnamed;
        self
    }

    /// Sets a name for this device, for your list of activations.
    pub fn device_name(mut self, name: impl Into<String>) -> Self {
        self.device_name = Some(name.into());
        self
    }

    /// Sets the version of the app, for your statistics.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// Keeps the records in a store of your own. By default, they are files in the directory of the
    /// user's settings.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sets how long to wait for an answer; 3 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets after which time an answer is to be confirmed if no keys are pinned; 1 day by default.
    /// With keys, the plan decides.
    pub fn refresh(mut self, refresh: Duration) -> Self {
        self.refresh = refresh;
        self
    }

    /// Sets for how long an answer is used at most if no keys are pinned; 30 days by default.
    pub fn hard_limit(mut self, hard_limit: Duration) -> Self {
        self.hard_limit = hard_limit;
        self
    }

    /// Sends requests in your own way.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Replaces the system clock.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets when the app was built: a clock that shows an earlier time is wrong.
    pub fn built_at(mut self, time: SystemTime) -> Self {
        self.built_at = Some(time);
        self
    }

    /// Receives every failure that no call returns, for your log. It must not call the client.
    pub fn on_problem(mut self, report: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_problem = Arc::new(report);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`], with the option that is wrong.
    pub fn build(self) -> Result<Licet, Error> {
        let url = parse_server_url(&self.url)?;
        check_app_id(&self.app_id)?;
        check_public_keys(&self.public_keys)?;
        let limits = [self.timeout, self.refresh, self.hard_limit];
        if limits.iter().any(Duration::is_zero) {
            return Err(Error::usage("timeout, refresh and hard_limit must be above 0."));
        }
        let transport = self.transport.map_or_else(default_transport, Ok)?;
        let report = Arc::clone(&self.on_problem);
        let store = self.store.unwrap_or_else(|| open_default_store(&self.app_id, &report));
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 4);
        let rules = Rules {
            public_keys: self.public_keys,
            refresh: seconds(self.refresh).min(i64::MAX / 4),
            hard_limit: seconds(self.hard_limit).min(i64::MAX / 4),
            built_at: self.built_at.map_or(0, to_seconds),
        };
        let inner = Inner {
            url,
            app_id: self.app_id,
            product: self.product,
            device_name: self.device_name.filter(|name| !name.is_empty()),
            app_version: self.app_version,
            store: FallbackStore::new(store, move |error| report(&Error::Store(error))),
            timeout: self.timeout,
            rules,
            transport,
            clock: self.clock,
            on_problem: self.on_problem,
            jitter: random_fraction() * JITTER_MAX,
            device: OnceLock::new(),
            records: Mutex::default(),
            refreshes: Refreshes::default(),
        };
        Ok(Licet::from_parts(Arc::new(inner), self.target))
    }
}

fn check_public_keys(keys: &[String]) -> Result<(), Error> {
    let is_key = |key: &String| parse_public_key(key).is_some_and(|bytes| is_sound_key(&bytes));
    let Some(index) = keys.iter().position(|key| !is_key(key)) else {
        return Ok(());
    };
    let message =
        format!("public_keys[{index}] must be a key that `licet signing keys` has printed.");
    Err(Error::Usage(message))
}

/// A user without a home directory gets a store that lasts as long as the process.
fn open_default_store(app_id: &str, report: &Report) -> Box<dyn Store> {
    match FileStore::for_app(app_id) {
        Ok(store) => Box::new(store),
        Err(error) => {
            report(&Error::Store(error));
            Box::new(MemoryStore::default())
        }
    }
}

#[cfg(feature = "http")]
#[allow(clippy::unnecessary_wraps, reason = "it fails without the feature")]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(crate::http::UreqTransport::default()))
}

#[cfg(not(feature = "http"))]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Err(Error::usage("Without the feature `http`, pass a transport."))
}
