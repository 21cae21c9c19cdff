use std::env;
use std::path::Path;

use crate::encoding::{random_bytes, sha256, to_hex};
use crate::error::Error;
use crate::store::{FallbackStore, FileStore};

const VARIABLE: &str = "LICET_FINGERPRINT";
const STORED_NAME: &str = "licet-device";
const STORED_DIGITS: usize = 32;
const APP_ID_MAX: usize = 100;

/// What identifies a device to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fingerprint {
    /// The fingerprint itself.
    pub value: String,
    /// Where it comes from.
    pub kind: FingerprintKind,
}

/// Where a fingerprint comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FingerprintKind {
    /// The app passed it in.
    Option,
    /// The variable `LICET_FINGERPRINT`.
    Environment,
    /// The operating system's ID of the machine, hashed with the ID of the app.
    Machine,
    /// Random digits, which are kept in the store.
    Random,
}

/// Returns the fingerprint of this device for an app. In a container it is random, because the ID of
/// the machine would be that of the image: use seats there, or set `LICET_FINGERPRINT`.
///
/// # Errors
///
/// If `app_id` is not one, or the user has no directory for a random one.
pub fn fingerprint(app_id: &str) -> Result<Fingerprint, Error> {
    check_app_id(app_id)?;
    let store = FileStore::for_app(app_id).map_err(Error::Store)?;
    let store = FallbackStore::new(Box::new(store), |_| ());
    Ok(find_fingerprint(app_id, None, &Sources::of_this_device(), &store))
}

/// An app ID is part of the path of a file.
pub fn check_app_id(app_id: &str) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_id = app_id.len() <= APP_ID_MAX
        && app_id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && app_id.bytes().all(is_plain);
    if is_id {
        return Ok(());
    }
    Err(Error::usage("app_id must be 1–100 letters, digits, dots, dashes or underscores."))
}

/// What this device says about itself.
pub struct Sources {
    pub environment: Option<String>,
    /// None in a container.
    pub machine_id: Option<String>,
}

impl Sources {
    pub fn of_this_device() -> Self {
        let machine_id = if is_container() { None } else { find_machine_id() };
        Self { environment: env::var(VARIABLE).ok(), machine_id }
    }
}

/// The first source that is not blank decides.
pub fn find_fingerprint(
    app_id: &str,
    option: Option<&str>,
    sources: &Sources,
    store: &FallbackStore,
) -> Fingerprint {
    let present = |text: &&str| !text.trim().is_empty();
    if let Some(value) = option.filter(present) {
        return Fingerprint { value: value.to_owned(), kind: FingerprintKind::Option };
    }
    if let Some(value) = sources.environment.as_deref().filter(present) {
        return Fingerprint { value: value.to_owned(), kind: FingerprintKind::Environment };
    }
    if let Some(id) = sources.machine_id.as_deref().filter(present) {
        let value = hash_machine_id(app_id, id);
        return Fingerprint { value, kind: FingerprintKind::Machine };
    }
    let value = hash_machine_id(app_id, &find_random_id(store));
    Fingerprint { value, kind: FingerprintKind::Random }
}

/// Returns the hex SHA-256 of an app's ID and a machine ID, so that no two apps share fingerprints.
pub fn hash_machine_id(app_id: &str, machine_id: &str) -> String {
    let machine_id = machine_id.trim_matches(crate::keys::is_space);
    to_hex(&sha256(&format!("licet-fp-v1\n{app_id}\n{machine_id}")))
}

fn find_random_id(store: &FallbackStore) -> String {
    let is_id = |text: &String| {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        text.len() == STORED_DIGITS && text.bytes().all(is_digit)
    };
    let read = || store.get(STORED_NAME).filter(is_id);
    read().unwrap_or_else(|| {
        let id = to_hex(&random_bytes::<16>());
        store.put(STORED_NAME, &id);
        // Another process may have stored its own at the same time. The last one is that of the device.
        read().unwrap_or(id)
    })
}

fn is_container() -> bool {
    let files = ["/.dockerenv", "/run/.containerenv"];
    env::var_os("KUBERNETES_SERVICE_HOST").is_some()
        || files.iter().any(|path| Path::new(path).exists())
}

/// Returns the operating system's ID of this machine.
#[cfg(any(windows, target_os = "macos"))]
fn find_machine_id() -> Option<String> {
    machine_uid::get().ok()
}

/// Returns the operating system's ID of this machine.
#[cfg(not(any(windows, target_os = "macos")))]
fn find_machine_id() -> Option<String> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let ids = ["/etc/machine-id", "/var/lib/dbus/machine-id"].iter().filter_map(|path| read(path));
    ids.map(|id| id.trim().to_owned()).find(|id| !id.is_empty())
}
