use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::claims::{Content, LicenseClaims};
use crate::client::{require_key, Inner, Licet};
use crate::error::Error;
use crate::json::Object;
use crate::judge::Evidence;
use crate::record::Subject;
use crate::requests::{Attempts, Signing};
use crate::state::{License, State, Status};
use crate::store::lock;
use crate::tokens::TokenType;
use crate::verdicts::{Refused, Valid, Verdict};

/// The time between two refreshes in the background, which fail or do not help if the clock is wrong.
const PAUSE: Duration = Duration::from_secs(60);
/// A server may check the licenses of many customers with one client.
const PAUSES_MAX: usize = 1000;

/// What a check must do besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check<'a> {
    /// The names of features without which the state is refused.
    pub features: &'a [&'a str],
    /// Waits for the server even if the record allows the app to run.
    pub fresh: bool,
}

/// A server's answer. A refusal is one, too.
#[derive(Clone, Debug, PartialEq)]
pub enum Validation {
    /// The license is valid.
    Valid {
        /// The license.
        license: License,
        /// Codes such as `EXPIRES_SOON`.
        warnings: Vec<String>,
    },
    /// The license is refused.
    Refused {
        /// Such as `LICENSE_EXPIRED`.
        code: String,
        /// The same for people.
        message: String,
        /// Facts behind it, such as `{"limit": 3, "used": 3}`.
        details: Object,
    },
}

/// The refreshes of a client that are running or have run.
#[derive(Default)]
pub(crate) struct Refreshes {
    /// By the name of the record. Calls about the same record share one request.
    running: Mutex<HashMap<String, Arc<OnceLock<State>>>>,
    paused_until: Mutex<HashMap<String, Instant>>,
    in_background: Mutex<usize>,
    ended: Condvar,
}

impl Licet {
    /// Decides whether the app may run: call it at launch, and as often as you like. Never fails
    /// because of the network, the server or the store. Returns at once if a stored license allows
    /// the app, and then refreshes it in the background when that is due.
    #[must_use]
    pub fn check(&self) -> State {
        self.check_with(Check::default())
    }

    /// Like [`Licet::check`], with features that are needed, or waiting for the server.
    #[must_use]
    pub fn check_with(&self, Check { features, fresh }: Check) -> State {
        let subject = self.subject();
        let inner = &self.inner;
        let keep = |_: &Evidence| None;
        let ruling = inner.judge_by(&subject, keep, |evidence, mut ruling| {
            ruling.refresh |= inner.is_almost_due(evidence);
            ruling
        });
        let state = ruling.state;
        if subject.key.is_none() {
            return explain_missing_key(state).requiring(features);
        }
        if state.allowed && !fresh {
            if ruling.refresh {
                inner.refresh_in_background(&subject);
            }
            return state.requiring(features);
        }
        inner.refresh_once(&subject, attempts_for(&state)).requiring(features)
    }

    /// Waits until no check is working in the background. Call it before the process ends.
    pub fn wait_idle(&self) {
        let Refreshes { in_background, ended, .. } = &self.inner.refreshes;
        let mut count = lock(in_background);
        while *count > 0 {
            count = ended.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Asks the server in any case, and stores what follows from its answer. A refusal is returned,
    /// and is no error.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`], and [`Error::Problem`] if the request was wrong.
    pub fn validate(&self) -> Result<Validation, Error> {
        let subject = self.subject();
        require_key(&subject)?;
        let attempts = attempts_for(&self.inner.judge(&subject, None).state);
        let (_, verdict) = self.inner.refresh(&subject, attempts);
        Ok(match verdict? {
            Verdict::Valid(valid) => {
                let Valid { license, warnings, .. } = *valid;
                Validation::Valid { license, warnings }
            }
            Verdict::Refused(Refused { code, message, details, .. }) => {
                Validation::Refused { code, message, details }
            }
        })
    }
}

/// A server that does not answer is asked only once if the record decides.
fn attempts_for(state: &State) -> Attempts {
    if state.status == Status::Unknown {
        Attempts::UpToThree
    } else {
        Attempts::One
    }
}

/// Says why there is no answer: without a license key, the server was not asked.
fn explain_missing_key(mut state: State) -> State {
    if state.code.as_deref() == Some("NO_ANSWER") {
        state.message = Some("There is no license key yet.".to_owned());
    }
    state
}

impl Inner {
    fn refresh_in_background(self: &Arc<Self>, subject: &Subject) {
        if !self.refreshes.may_start(&subject.record_name()) {
            return;
        }
        *lock(&self.refreshes.in_background) += 1;
        let work = BackgroundWork(Arc::clone(self));
        let subject = subject.clone();
        // If there can be no thread, the next check that is due tries again.
        let _ = thread::Builder::new()
            .name("licet-refresh".to_owned())
            .spawn(move || work.0.refresh_once(&subject, Attempts::One));
    }

    fn refresh_once(&self, subject: &Subject, attempts: Attempts) -> State {
        let name = subject.record_name();
        let shared = Arc::clone(lock(&self.refreshes.running).entry(name.clone()).or_default());
        let mut failure = None;
        let state = shared.get_or_init(|| {
            let (state, verdict) = self.refresh(subject, attempts);
            failure = verdict.err();
            state
        });
        let mut running = lock(&self.refreshes.running);
        if running.get(&name).is_some_and(|own| Arc::ptr_eq(own, &shared)) {
            running.remove(&name);
        }
        drop(running);
        if let Some(failure) = failure {
            self.report(&failure);
        }
        state.clone()
    }

    /// Validates a license, and changes its record by the verdict.
    fn refresh(&self, subject: &Subject, attempts: Attempts) -> (State, Result<Verdict, Error>) {
        let binding = &subject.binding;
        let value = |text: &Option<String>| text.clone().map(Into::into);
        let fields = vec![
            ("key", value(&subject.key)),
            ("product", value(&binding.product)),
            ("domain", value(&binding.domain)),
            ("fingerprint", value(&binding.fingerprint)),
            ("name", value(&self.device_name)),
            ("version", value(&self.app_version)),
        ];
        let answered = self.post("/validate", &fields, Signing::Lease, attempts);
        let mut found = None;
        let read = |evidence: &Evidence| {
            let feed = evidence.record.feed.as_ref();
            let verdict = answered.and_then(|answered| self.read_verdict(&answered, feed));
            found.insert(verdict).as_ref().ok().cloned()
        };
        let state = self.judge_by(subject, read, |_, ruling| ruling).state;
        (state, found.expect("a verdict was read"))
    }

    /// Whether a refresh is due, with the jitter of this client.
    fn is_almost_due(&self, evidence: &Evidence) -> bool {
        let now = self.now();
        let lease = evidence.tokens.iter().find(|token| token.kind == TokenType::Lease);
        let (from, refresh_at) = match (lease, &evidence.record.answer) {
            (Some(lease), _) => match &lease.claims.content {
                Content::License(license) => {
                    let LicenseClaims { rfa, .. } = license.as_ref();
                    (lease.claims.iat, *rfa)
                }
                _ => return false,
            },
            (None, Some(answer)) => (answer.at, answer.at + self.rules.refresh),
            (None, None) => return false,
        };
        let span = u64::try_from(refresh_at - from).unwrap_or_default();
        let earlier = Duration::from_secs(span).mul_f64(self.jitter).as_secs();
        now >= refresh_at.saturating_sub_unsigned(earlier)
    }
}

impl Refreshes {
    /// Whether a refresh in the background may start, which begins a new pause.
    fn may_start(&self, name: &str) -> bool {
        let mut paused = lock(&self.paused_until);
        let now = Instant::now();
        if paused.get(name).is_some_and(|until| now < *until) {
            return false;
        }
        if paused.len() >= PAUSES_MAX {
            paused.clear();
        }
        paused.insert(name.to_owned(), now + PAUSE);
        true
    }
}

/// Ends work in the background, also if it panics.
struct BackgroundWork(Arc<Inner>);

impl Drop for BackgroundWork {
    fn drop(&mut self) {
        let Refreshes { in_background, ended, .. } = &self.0.refreshes;
        *lock(in_background) -= 1;
        ended.notify_all();
    }
}
