use std::time::SystemTime;

use crate::claims::Content;
use crate::client::{require_key, Licet};
use crate::encoding::new_nonce;
use crate::error::Error;
use crate::imports::{add_file, add_revocations};
use crate::judge::{judge, Evidence, Rules, Ruling};
use crate::offline_codes::{compute_return_code, encode_request, OfflineRequest};
use crate::record::{Record, Tombstone};
use crate::state::{Source, State, Status};
use crate::time::to_seconds;
use crate::tokens::{open_either, TokenFault, TokenType};
use crate::verification::Binding;

/// The product, device and domain that a license file must match: see [`Licet::verify`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Verify<'a> {
    /// The slug of the product; any by default.
    pub product: Option<&'a str>,
    /// The device, which a file for a device needs.
    pub fingerprint: Option<&'a str>,
    /// The domain, which a file for domains needs.
    pub domain: Option<&'a str>,
    /// The names of features without which the state is refused.
    pub features: &'a [&'a str],
    /// The time; that of the system clock by default.
    pub now: Option<SystemTime>,
}

type Add = fn(Evidence, i64, &str, &Rules, &Binding) -> Result<Ruling, TokenFault>;

impl Licet {
    /// Imports a license file, and returns the state with it.
    ///
    /// # Errors
    ///
    /// [`Error::Token`] if it is not for this app and device.
    pub fn import_file(&self, text: &str) -> Result<State, Error> {
        self.import(text, add_file)
    }

    /// Imports a revocation feed on a device without a connection, and returns the state with it.
    ///
    /// # Errors
    ///
    /// [`Error::Token`] if it is not one.
    pub fn import_revocations(&self, text: &str) -> Result<State, Error> {
        self.import(text, add_revocations)
    }

    fn import(&self, text: &str, add: Add) -> Result<State, Error> {
        let (inner, subject) = (&self.inner, self.subject());
        if inner.rules.public_keys.is_empty() {
            let message = "Pass `public_keys` to the client, since files are verified with them.";
            return Err(Error::usage(message));
        }
        inner.change_record(&subject, |evidence| {
            let ruling = add(evidence, inner.now(), text.trim(), &inner.rules, &subject.binding)?;
            Ok((ruling.record, ruling.state))
        })
    }

    /// Returns the code with which a device without a connection asks for a license file.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] without a license key.
    pub fn create_offline_request(&self) -> Result<OfflineRequest, Error> {
        let (inner, subject) = (&self.inner, self.subject());
        let fingerprint = subject.binding.fingerprint.clone().unwrap_or_else(|| self.fingerprint());
        let product = inner.product.as_deref();
        let key = require_key(&subject)?;
        let name = inner.device_name.as_deref();
        let code = encode_request(product, key, &fingerprint, name, &new_nonce());
        let url = format!("{}/offline#{code}", inner.url);
        Ok(OfflineRequest { code, url })
    }

    /// Deletes the license file of this device, and returns the code that frees its slot, such as
    /// `7Q4MX-0ZD9K`. The same file cannot be imported again.
    ///
    /// # Errors
    ///
    /// [`Error::Token`] without a file that is bound to a device or domain.
    pub fn return_file(&self) -> Result<String, Error> {
        self.inner.change_record(&self.subject(), |Evidence { record, tokens }| {
            let file = tokens.into_iter().find(|token| token.kind == TokenType::File);
            let claims = file.ok_or(TokenFault::Malformed)?.claims;
            let secret = match claims.content {
                Content::License(license) => license.ret,
                _ => None,
            };
            let code = compute_return_code(&secret.ok_or(TokenFault::Malformed)?, &claims.jti);
            let tombstone = Tombstone {
                code: "FILE_RETURNED".to_owned(),
                message: "The license of this device was returned.".to_owned(),
                at: claims.iat,
            };
            Ok((Record { file: None, tombstone: Some(tombstone), ..record }, code))
        })
    }

    /// Returns the state that a license file or a lease gives on its own, without a client, a store or
    /// a network. Any other text is unknown, with a code such as `SIGNATURE_INVALID`.
    #[must_use]
    pub fn verify<Key: AsRef<str>>(text: &str, public_keys: &[Key], options: Verify) -> State {
        let public_keys: Vec<_> = public_keys.iter().map(|key| key.as_ref().to_owned()).collect();
        let types = [TokenType::File, TokenType::Lease];
        let token = match open_either(text.trim(), types, &public_keys) {
            Ok(token) => token,
            Err(fault) => {
                let (code, message) = (fault.code(), fault.message());
                return State::denied(Status::Unknown, code, message, Source::None);
            }
        };
        let evidence = Evidence { record: Record::default(), tokens: vec![token] };
        let now = to_seconds(options.now.unwrap_or_else(SystemTime::now));
        let rules = Rules { public_keys, refresh: 0, hard_limit: 0, built_at: 0 };
        let text = |value: Option<&str>| value.map(str::to_owned);
        let binding = Binding {
            product: text(options.product),
            fingerprint: text(options.fingerprint),
            domain: text(options.domain),
        };
        judge(&evidence, now, None, &rules, &binding).state.requiring(options.features)
    }
}
