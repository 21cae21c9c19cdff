use hmac::Mac;
use serde_json::Value;

use crate::encoding::{from_base64url, hmac_sha256, to_base64url};
use crate::keys::ALPHABET;

const SYMBOLS: usize = 10;

/// The code with which a device without a connection asks for a license file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfflineRequest {
    /// Such as `LQ1.eyJ2Ijox…`. It contains the license key.
    pub code: String,
    /// The page of the server with the code in its fragment, for a link or a QR code.
    pub url: String,
}

/// Encodes the request of a device.
pub fn encode_request(
    product: Option<&str>,
    key: &str,
    fingerprint: &str,
    name: Option<&str>,
    nonce: &str,
) -> String {
    let members = [
        ("product", product),
        ("key", Some(key)),
        ("fp", Some(fingerprint)),
        ("name", name),
        ("nonce", Some(nonce)),
    ];
    let members = members
        .iter()
        .filter_map(|(name, value)| Some(format!(r#","{name}":{}"#, Value::from((*value)?))));
    let json = format!(r#"{{"v":1{}}}"#, members.collect::<String>());
    format!("LQ1.{}", to_base64url(json.as_bytes()))
}

/// Returns the code that proves that a device has deleted its license file: the first 50 bits of
/// HMAC-SHA-256 of the file's ID under its secret, as `XXXXX-XXXXX`.
pub fn compute_return_code(secret: &str, file_id: &str) -> String {
    let key = from_base64url(secret).unwrap_or_default();
    let mac = hmac_sha256(&key, &[file_id.as_bytes()]).finalize().into_bytes();
    let symbol = |index: usize| {
        let (byte, bit) = (index * 5 / 8, index * 5 % 8);
        let two_bytes = usize::from(mac[byte]) << 8 | usize::from(mac[byte + 1]);
        char::from(ALPHABET[two_bytes >> (11 - bit) & 31])
    };
    let symbols: String = (0..SYMBOLS).map(symbol).collect();
    format!("{}-{}", &symbols[..SYMBOLS / 2], &symbols[SYMBOLS / 2..])
}
