use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::encoding::random_fraction;
use crate::error::{Error, NoAnswerReason};

const FIRST_WAIT_MAX: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_secs(4);
/// A longer `Retry-After` is not waited for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// The code of a request that is repeated while its first attempt still runs.
const STILL_RUNNING: &str = "idempotency_in_progress";

#[derive(Clone, Copy, Debug)]
pub struct RetryLimits {
    pub attempts: u32,
    /// The time for all attempts and waits together.
    pub total: Duration,
}

/// Whether a server that answers with a status may answer with another one soon.
pub fn is_passing_status(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 425 | 429)
}

/// Whether a failure may pass. A captive portal or a wrong signature would be the same again.
fn is_passing(failure: &Error) -> bool {
    use NoAnswerReason::{Network, Status, Timeout};
    match failure {
        Error::NoAnswer(no_answer) => matches!(no_answer.reason, Timeout | Network | Status),
        Error::Problem(problem) => {
            is_passing_status(problem.status) || problem.code == STILL_RUNNING
        }
        _ => false,
    }
}

/// Returns how long to wait before the next attempt, or none to give up. `attempt` counts from 1,
/// `random` is from 0 to 1.
fn decide_retry(
    failure: &Error,
    attempt: u32,
    elapsed: Duration,
    random: f64,
    limits: RetryLimits,
) -> Option<Duration> {
    if attempt >= limits.attempts || !is_passing(failure) {
        return None;
    }
    let growing = FIRST_WAIT_MAX.saturating_mul(1 << (attempt - 1).min(8)).min(WAIT_MAX);
    let wait = failure.retry_after().unwrap_or_else(|| growing.mul_f64(random));
    (wait <= RETRY_AFTER_MAX && elapsed.saturating_add(wait) < limits.total).then_some(wait)
}

/// Calls `attempt`, with the time that is left, until it succeeds, fails for good, or the limits are
/// reached.
pub fn retry<T>(
    limits: RetryLimits,
    mut attempt: impl FnMut(Duration) -> Result<T, Error>,
) -> Result<T, Error> {
    let started = Instant::now();
    for count in 1.. {
        match attempt(limits.total.saturating_sub(started.elapsed())) {
            Ok(result) => return Ok(result),
            Err(failure) => {
                let elapsed = started.elapsed();
                match decide_retry(&failure, count, elapsed, random_fraction(), limits) {
                    Some(wait) => thread::sleep(wait),
                    None => return Err(failure),
                }
            }
        }
    }
    unreachable!("the attempts are limited")
}

/// Reads a `Retry-After` (RFC 9110, §10.2.3) in seconds or as a date.
pub fn parse_retry_after(value: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::NoAnswer;

    const LIMITS: RetryLimits = RetryLimits { attempts: 3, total: Duration::from_secs(10) };

    fn failure(reason: NoAnswerReason, retry_after: Option<u64>) -> Error {
        let retry_after = retry_after.map(Duration::from_secs);
        NoAnswer { retry_after, ..NoAnswer::new(reason, "") }.into()
    }

    fn wait_after(failure: &Error, attempt: u32) -> Option<u128> {
        let elapsed = Duration::from_secs(1);
        decide_retry(failure, attempt, elapsed, 1.0, LIMITS).map(|wait| wait.as_millis())
    }

    #[test]
    fn pauses_grow_and_end_with_the_last_attempt() {
        let timeout = failure(NoAnswerReason::Timeout, None);
        assert_eq!(
            [1, 2, 3].map(|count| wait_after(&timeout, count)),
            [Some(500), Some(1000), None]
        );
    }

    #[test]
    fn a_retry_after_replaces_the_pause_if_it_fits() {
        let after = |seconds| wait_after(&failure(NoAnswerReason::Status, Some(seconds)), 1);
        assert_eq!([0, 2, 9, 3600].map(after), [Some(0), Some(2000), None, None]);
    }

    #[test]
    fn what_would_be_the_same_again_is_not_repeated() {
        for reason in
            [NoAnswerReason::NotLicet, NoAnswerReason::Signature, NoAnswerReason::TooLarge]
        {
            assert_eq!(wait_after(&failure(reason, None), 1), None);
        }
    }

    #[test]
    fn a_retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(parse_retry_after(Some("120")), Some(Duration::from_secs(120)));
        let past = parse_retry_after(Some("Fri, 15 Jan 2021 08:00:00 GMT"));
        assert_eq!(past, Some(Duration::ZERO));
        assert_eq!(parse_retry_after(Some("soon")), None);
        assert_eq!(parse_retry_after(None), None);
    }
}
