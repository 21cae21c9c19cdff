use std::time::Duration;

use serde_json::Value;

use crate::client::{require_key, Licet};
use crate::error::{Error, NoAnswer, NoAnswerReason};
use crate::hold::SeatHold;
use crate::record::Subject;
use crate::requests::{read_member, AppResponse, Attempts, Grant, Signing};
use crate::time::{format_time, parse_time};
use crate::verdicts::Valid;

/// The floating seats of a license: see [`Licet::seats`].
#[derive(Clone, Copy)]
pub struct Seats<'a> {
    pub(crate) licet: &'a Licet,
}

/// A floating seat that this device uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seat {
    /// Its ID, such as `seat_01kf…`.
    pub id: String,
    /// RFC 3339. Renew the seat before.
    pub expires_at: String,
}

/// A seat with what is left of its time, measured by the clock of the server.
#[derive(Clone)]
pub(crate) struct TimedSeat {
    pub seat: Seat,
    pub left: Duration,
}

impl Seats<'_> {
    /// Acquires a seat for this device. Repeating it returns the same seat.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] with the code `SEAT_LIMIT_REACHED` if all seats are in use, and
    /// [`Error::NoAnswer`].
    pub fn acquire(&self) -> Result<Seat, Error> {
        Ok(self.licet.acquire_seat(None, Attempts::UpToThree)?.seat)
    }

    /// Acquires a seat for some days, without a connection and without renewing it.
    ///
    /// # Errors
    ///
    /// Like [`Seats::acquire`].
    pub fn borrow_for(&self, days: u32) -> Result<Seat, Error> {
        Ok(self.licet.acquire_seat(Some(days), Attempts::UpToThree)?.seat)
    }

    /// Renews a seat. One that has lapsed is acquired again if one is free.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`], such as with the code `SEAT_NOT_FOUND`, and [`Error::NoAnswer`].
    pub fn renew(&self, id: &str) -> Result<Seat, Error> {
        Ok(self.licet.renew_seat(id, Attempts::UpToThree)?.seat)
    }

    /// Gives a seat back, so that another device can use it.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] and [`Error::NoAnswer`].
    pub fn release(&self, id: &str) -> Result<(), Error> {
        self.licet.release_seat(id, Attempts::UpToThree)
    }

    /// Acquires a seat that is renewed in the background, also after an outage or a restart of the
    /// server, and given back when the hold is dropped.
    ///
    /// # Errors
    ///
    /// Like [`Seats::acquire`].
    pub fn hold(&self) -> Result<SeatHold, Error> {
        SeatHold::start(self.licet.clone())
    }
}

impl Licet {
    pub(crate) fn acquire_seat(
        &self,
        borrow_days: Option<u32>,
        attempts: Attempts,
    ) -> Result<TimedSeat, Error> {
        let (subject, inner) = (self.seat_subject(), &self.inner);
        let fields = vec![
            ("key", Some(Value::from(require_key(&subject)?))),
            ("fingerprint", subject.binding.fingerprint.clone().map(Value::from)),
            ("name", inner.device_name.clone().map(Value::from)),
            ("borrow_days", borrow_days.map(Value::from)),
        ];
        // The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
        let signing = if borrow_days.is_some() { Signing::Lease } else { Signing::Answer };
        let answered = inner.post("/seats/acquire", &fields, signing, attempts)?;
        let (seat, grant) = self.read_seat(&subject, &answered)?;
        if signing == Signing::Lease {
            inner.store_grant(&subject, grant);
        }
        Ok(seat)
    }

    pub(crate) fn renew_seat(&self, id: &str, attempts: Attempts) -> Result<TimedSeat, Error> {
        let subject = self.seat_subject();
        let fields = vec![("key", Some(require_key(&subject)?.into())), ("id", Some(id.into()))];
        let answered = self.inner.post("/seats/renew", &fields, Signing::Answer, attempts)?;
        Ok(self.read_seat(&subject, &answered)?.0)
    }

    pub(crate) fn release_seat(&self, id: &str, attempts: Attempts) -> Result<(), Error> {
        let subject = self.seat_subject();
        let fields = vec![("key", Some(require_key(&subject)?.into())), ("id", Some(id.into()))];
        let answered = self.inner.post("/seats/release", &fields, Signing::Nothing, attempts)?;
        self.inner.read_grant(&answered, None).map(drop)
    }

    /// A seat is for a device, never for a domain.
    fn seat_subject(&self) -> Subject {
        let mut subject = self.subject();
        subject.binding.domain = None;
        subject.binding.fingerprint = Some(self.fingerprint());
        subject
    }

    /// With pinned keys, only the claims are read: a false server could prolong a seat without end.
    fn read_seat(
        &self,
        subject: &Subject,
        answered: &AppResponse,
    ) -> Result<(TimedSeat, Grant), Error> {
        let grant = self.inner.read_grant(answered, self.inner.find_feed(subject).as_ref())?;
        let seat = match &grant.verdict {
            Some(valid) => read_signed_seat(valid),
            None => self.read_plain_seat(&grant),
        };
        Ok((seat?, grant))
    }

    fn read_plain_seat(&self, grant: &Grant) -> Result<TimedSeat, Error> {
        let (id, expires_at) =
            (read_member(&grant.body, "id")?, read_member(&grant.body, "expires_at")?);
        let no_time = || NoAnswer::not_licet("\"expires_at\" is not a time.");
        let ends_at = parse_time(&expires_at).ok_or_else(no_time)?;
        let left = seconds_between(grant.date.unwrap_or_else(|| self.inner.now()), ends_at);
        Ok(TimedSeat { seat: Seat { id, expires_at }, left })
    }
}

fn read_signed_seat(valid: &Valid) -> Result<TimedSeat, Error> {
    let (Some((id, ends_at)), Some(at)) = (&valid.seat, valid.at) else {
        return Err(NoAnswer::new(NoAnswerReason::Signature, "The seat is not signed.").into());
    };
    let seat = Seat { id: id.clone(), expires_at: format_time(*ends_at) };
    Ok(TimedSeat { seat, left: seconds_between(at, *ends_at) })
}

fn seconds_between(from: i64, to: i64) -> Duration {
    Duration::from_secs(u64::try_from(to - from).unwrap_or_default())
}
