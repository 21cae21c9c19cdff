//! Checks licenses with a Licet server, online and offline.
//!
//! [`Licet::check`] is the one call at launch. It never fails because of the network, the server or
//! the disk: only a verdict of your server can refuse a license, and with pinned public keys only a
//! signed one.
//!
//! ```no_run
//! use licet::Licet;
//!
//! # fn main() -> Result<(), licet::Error> {
//! let licet = Licet::builder("https://licenses.example.com", "com.example.editor")
//!     .key("TO-04HM-ASW9-NF6Y-Y0CN")
//!     .public_keys(["wHd_e1-FbygGlaVs3sc9Tu9Llg5b9x7R-lpwgBxJ0CY"])
//!     .build()?;
//! let state = licet.check();
//! if !state.allowed {
//!     println!("{}", state.message.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All calls block: use your runtime's way to do so in async code, such as `spawn_blocking`.
//!
//! Features: `http` (the default transport, with ureq and rustls) and `admin` (`LicetAdmin`, the
//! management API for your own servers). Both are on by default.

// Internals are documented for those who read the source.
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, clippy::must_use_candidate, clippy::missing_errors_doc)
)]

mod activations;
#[cfg(feature = "admin")]
pub mod admin;
mod builder;
mod checks;
mod claims;
mod client;
mod domains;
mod ed25519;
mod encoding;
mod error;
mod files;
mod fingerprints;
mod hold;
mod http;
mod imports;
mod json;
mod judge;
mod keys;
mod offline_codes;
mod record;
mod requests;
mod retry;
mod seats;
mod state;
mod store;
mod time;
mod tokens;
mod verdicts;
mod verification;
mod webhooks;

pub use activations::{Activation, ActivationKind};
#[cfg(feature = "admin")]
pub use admin::LicetAdmin;
pub use builder::Builder;
pub use checks::{Check, Validation};
pub use client::Licet;
pub use error::{Error, FieldError, NoAnswer, NoAnswerReason, Problem};
pub use files::Verify;
pub use fingerprints::{fingerprint, Fingerprint, FingerprintKind};
pub use hold::SeatHold;
#[cfg(feature = "http")]
pub use http::UreqTransport;
pub use http::{HttpRequest, HttpResponse, Transport, TransportError};
pub use keys::{KeyCheck, Keys};
pub use offline_codes::OfflineRequest;
pub use seats::{Seat, Seats};
pub use serde_json::{json, Value};
pub use state::{License, Source, State, Status};
pub use store::{FileStore, MemoryStore, Store};
pub use tokens::TokenFault;
pub use webhooks::{WebhookError, WebhookEvent, Webhooks};

/// The features of a license, or the details of a refusal.
pub type Object = serde_json::Map<String, Value>;

/// For the tests in the repository only: it may change at any time.
#[cfg(feature = "internals")]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internals {
    #[cfg(feature = "admin")]
    pub use crate::admin::ROUTES;
    pub use crate::claims::{Claims, Content};
    pub use crate::domains::covers_domain;
    pub use crate::fingerprints::{find_fingerprint, hash_machine_id, Sources};
    pub use crate::imports::{add_file, add_revocations};
    pub use crate::judge::{judge, read_clock, Evidence, Rules, Ruling};
    pub use crate::offline_codes::{compute_return_code, encode_request};
    pub use crate::record::{Feed, Record, Subject};
    pub use crate::store::FallbackStore;
    pub use crate::tokens::{Token, TokenType};
    pub use crate::verdicts::read_verdict;
    pub use crate::verification::{verify_token, Binding, Proof};
}
