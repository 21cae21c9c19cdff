use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::client::Licet;
use crate::error::{Error, Problem};
use crate::requests::Attempts;
use crate::seats::{Seat, TimedSeat};
use crate::store::lock;

/// The next renewal is after this part of the time that is left, so that two may fail.
const RENEW_AFTER: u32 = 3;
const RETRY_AFTER: u32 = 10;
const DELAY_MIN: Duration = Duration::from_millis(200);
const DELAY_MAX: Duration = Duration::from_secs(3600);

/// A seat that is renewed in the background until this is dropped. An outage never ends it, whatever
/// its length.
#[must_use = "the seat is given back when this is dropped"]
pub struct SeatHold {
    licet: Licet,
    shared: Arc<Shared>,
    renewals: Option<JoinHandle<()>>,
}

struct Shared {
    hold: Mutex<Hold>,
    ended: Condvar,
}

struct Hold {
    seat: TimedSeat,
    lost: Option<Problem>,
    is_released: bool,
}

impl SeatHold {
    pub(crate) fn start(licet: Licet) -> Result<Self, Error> {
        let seat = licet.acquire_seat(None, Attempts::UpToThree)?;
        let first_delay = seat.left / RENEW_AFTER;
        let hold = Hold { seat, lost: None, is_released: false };
        let shared = Arc::new(Shared { hold: Mutex::new(hold), ended: Condvar::new() });
        let (renewing, own) = (licet.clone(), Arc::clone(&shared));
        let renewals = thread::Builder::new()
            .name("licet-seat".to_owned())
            .spawn(move || keep_renewing(&renewing, &own, first_delay))
            .map_err(|error| Error::Usage(format!("The seat cannot be renewed: {error}")))?;
        Ok(Self { licet, shared, renewals: Some(renewals) })
    }

    /// Returns the seat as it was renewed last.
    #[must_use]
    pub fn seat(&self) -> Seat {
        lock(&self.shared.hold).seat.seat.clone()
    }

    /// Returns why the server no longer grants a seat, if it has refused to.
    #[must_use]
    pub fn lost(&self) -> Option<Problem> {
        lock(&self.shared.hold).lost.clone()
    }

    /// Waits until the seat is lost, at most for some time. Returns why.
    #[must_use]
    pub fn wait_lost(&self, timeout: Duration) -> Option<Problem> {
        let is_held = |hold: &mut Hold| hold.lost.is_none() && !hold.is_released;
        let waited =
            self.shared.ended.wait_timeout_while(lock(&self.shared.hold), timeout, is_held);
        waited.unwrap_or_else(PoisonError::into_inner).0.lost.clone()
    }

    /// Ends the renewals and gives the seat back, like dropping it. If the server does not answer,
    /// the seat just lapses.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for SeatHold {
    fn drop(&mut self) {
        lock(&self.shared.hold).is_released = true;
        self.shared.ended.notify_all();
        // A renewal that arrives after the release would acquire the seat again.
        if let Some(renewals) = self.renewals.take() {
            let _ = renewals.join();
        }
        let (seat, is_lost) = (self.seat(), self.lost().is_some());
        if is_lost {
            return;
        }
        if let Err(problem) = self.licet.release_seat(&seat.id, Attempts::One) {
            self.licet.inner.report(&problem);
        }
    }
}

fn keep_renewing(licet: &Licet, shared: &Shared, first_delay: Duration) {
    let mut delay = first_delay;
    while !shared.wait_released(delay.clamp(DELAY_MIN, DELAY_MAX)) {
        let TimedSeat { seat, left } = lock(&shared.hold).seat.clone();
        match renew_or_acquire(licet, &seat.id) {
            Ok(renewed) => {
                delay = renewed.left / RENEW_AFTER;
                lock(&shared.hold).seat = renewed;
            }
            Err(error) => {
                licet.inner.report(&error);
                delay = left / RETRY_AFTER;
                if let Error::Problem(problem) = error {
                    lock(&shared.hold).lost = Some(*problem);
                    shared.ended.notify_all();
                    return;
                }
            }
        }
    }
}

/// A seat is unknown if it was removed by hand, or a backup of the server was restored.
fn renew_or_acquire(licet: &Licet, id: &str) -> Result<TimedSeat, Error> {
    match licet.renew_seat(id, Attempts::One) {
        Err(error) if error.code() == Some("SEAT_NOT_FOUND") => {
            licet.acquire_seat(None, Attempts::One)
        }
        renewed => renewed,
    }
}

impl Shared {
    /// Waits for some time, or until the hold is released. Returns whether it is.
    fn wait_released(&self, delay: Duration) -> bool {
        let is_held = |hold: &mut Hold| !hold.is_released;
        let waited = self.ended.wait_timeout_while(lock(&self.hold), delay, is_held);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_released
    }
}
