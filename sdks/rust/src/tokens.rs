use std::fmt;

use serde_json::Value;

use crate::claims::{read_claims, Claims};
use crate::ed25519;
use crate::encoding::{from_base64url, hash_text};
use crate::json::{parse_unique_object, Object};

const TOKEN_BYTES_MAX: usize = 16 * 1024;
const FEED_BYTES_MAX: usize = 1024 * 1024;
const KID_CHARACTERS: usize = 16;
const HEADER_MEMBERS: usize = 3;

/// The four kinds of signed tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    Lease,
    File,
    Answer,
    Revocations,
}

impl TokenType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Lease => "licet-lease+jwt",
            Self::File => "licet-file+jwt",
            Self::Answer => "licet-answer+jwt",
            Self::Revocations => "licet-revocations+jwt",
        }
    }

    fn bytes_max(self) -> usize {
        match self {
            Self::Revocations => FEED_BYTES_MAX,
            _ => TOKEN_BYTES_MAX,
        }
    }

    /// The label of its armor, for those that may have one.
    fn label(self) -> Option<&'static str> {
        match self {
            Self::File => Some("LICET LICENSE"),
            Self::Revocations => Some("LICET REVOCATIONS"),
            Self::Lease | Self::Answer => None,
        }
    }
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFault {
    /// The text is incomplete or damaged.
    Malformed,
    /// The token is of another type.
    TypeUnexpected,
    /// The key that signed it is not pinned.
    KeyUnknown,
    /// The signature is wrong.
    SignatureInvalid,
    /// The key was stolen before the token was signed.
    KeyRevoked,
    /// It is the answer to another request.
    NonceMismatch,
    /// It is the answer to another request.
    RequestMismatch,
    /// It is for another product.
    ProductMismatch,
    /// It is for another device.
    FingerprintMismatch,
    /// It is for another domain.
    DomainMismatch,
    /// The license, or an activation, has been revoked.
    LicenseRevoked,
    /// The lease has expired.
    LeaseExpired,
    /// The file has expired.
    FileExpired,
    /// Earlier entries of the feed are missing.
    FeedGap,
}

impl TokenFault {
    /// Returns the code, such as `FINGERPRINT_MISMATCH`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.texts().0
    }

    /// Returns a sentence for people.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => ("MALFORMED", "The license is incomplete or damaged."),
            Self::TypeUnexpected => ("TYPE_UNEXPECTED", "This is not a license."),
            Self::KeyUnknown => ("KEY_UNKNOWN", "The license was signed by an unknown key."),
            Self::SignatureInvalid => {
                ("SIGNATURE_INVALID", "The signature of the license is wrong.")
            }
            Self::KeyRevoked => {
                ("KEY_REVOKED", "The license was signed with a stolen key. Ask for a new one.")
            }
            Self::NonceMismatch => ("NONCE_MISMATCH", "This is the answer to another request."),
            Self::RequestMismatch => ("REQUEST_MISMATCH", "This is the answer to another request."),
            Self::ProductMismatch => ("PRODUCT_MISMATCH", "The license is for another product."),
            Self::FingerprintMismatch => {
                ("FINGERPRINT_MISMATCH", "The license is for another device.")
            }
            Self::DomainMismatch => ("DOMAIN_MISMATCH", "The license is for another domain."),
            Self::LicenseRevoked => ("LICENSE_REVOKED", "The license has been revoked."),
            Self::LeaseExpired => (
                "LEASE_EXPIRED",
                "The license was not confirmed for too long. Connect to the internet.",
            ),
            Self::FileExpired => {
                ("FILE_EXPIRED", "The license file has expired. Ask for a new one.")
            }
            Self::FeedGap => ("FEED_GAP", "Import the earlier revocations first."),
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} ({})", self.message(), self.code())
    }
}

impl std::error::Error for TokenFault {}

/// A token whose signature and claims are good. Its times and bindings have not been checked.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: TokenType,
    pub kid: String,
    pub claims: Claims,
}

/// Opens a compact JWS, in armor if it is a file or a feed, that a pinned key has signed. These are
/// steps 1–8 of the conformance suite. The header never selects the algorithm.
pub fn open_token(text: &str, kind: TokenType, keys: &[String]) -> Result<Token, TokenFault> {
    if text.len() > kind.bytes_max() {
        return Err(TokenFault::Malformed);
    }
    let text = remove_armor(text, kind).ok_or(TokenFault::Malformed)?;
    let (signed, mark) = text.rsplit_once('.').ok_or(TokenFault::Malformed)?;
    let (head, body) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
    let header = decode_part(head)?;
    let payload = decode_part(body)?;
    let signature = decode_part(mark)?;
    let signature = signature.as_slice().try_into().map_err(|_| TokenFault::Malformed)?;
    let (kid, typ) = read_header(&header).ok_or(TokenFault::Malformed)?;
    if typ != kind.name() {
        return Err(TokenFault::TypeUnexpected);
    }
    let key = keys
        .iter()
        .filter_map(|text| Some((kid_of(text), parse_public_key(text)?)))
        .find_map(|(own, key)| (own == kid).then_some(key))
        .ok_or(TokenFault::KeyUnknown)?;
    if !ed25519::verify(&key, signed.as_bytes(), signature) {
        return Err(TokenFault::SignatureInvalid);
    }
    let claims = parse_unique_object(&payload).and_then(|claims| read_claims(kind, &claims));
    let claims = claims.ok_or(TokenFault::Malformed)?;
    Ok(Token { kind, kid, claims })
}

/// Opens a token of one type or another.
pub fn open_either(
    text: &str,
    [first, second]: [TokenType; 2],
    keys: &[String],
) -> Result<Token, TokenFault> {
    match open_token(text, first, keys) {
        Err(TokenFault::TypeUnexpected) => open_token(text, second, keys),
        opened => opened,
    }
}

fn decode_part(text: &str) -> Result<Vec<u8>, TokenFault> {
    from_base64url(text).filter(|bytes| !bytes.is_empty()).ok_or(TokenFault::Malformed)
}

/// Returns `kid` and `typ`.
fn read_header(bytes: &[u8]) -> Option<(String, String)> {
    let header: Object = parse_unique_object(bytes)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let is_header = header.len() == HEADER_MEMBERS && text("alg") == Some("EdDSA");
    is_header.then_some((text("kid")?.to_owned(), text("typ")?.to_owned()))
}

/// Returns the bytes of a public key as `licet signing keys` prints it.
pub fn parse_public_key(text: &str) -> Option<[u8; 32]> {
    from_base64url(text)?.try_into().ok()
}

/// The start of the thumbprint of a public key (RFC 7638).
fn kid_of(key: &str) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{key}"}}"#);
    hash_text(&jwk)[..KID_CHARACTERS].to_owned()
}

/// Returns the token in the armor of a file or a feed, and a compact token as it is. None if the
/// armor is damaged.
pub fn remove_armor(text: &str, kind: TokenType) -> Option<String> {
    let (Some(label), trimmed) = (kind.label(), trim_armor(text)) else {
        return Some(text.to_owned());
    };
    if !trimmed.starts_with("-----BEGIN") {
        return Some(text.to_owned());
    }
    let after_begin = trimmed.strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let lines = after_begin.strip_suffix(&format!("-----END {label}-----"))?;
    let starts_line = lines.starts_with('\n') || lines.starts_with("\r\n");
    // The line end after the first line must not be the one before the last line as well.
    if !starts_line || !lines[1..].ends_with('\n') {
        return None;
    }
    Some(lines.chars().filter(|&each| !is_armor_space(each)).collect())
}

fn trim_armor(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_matches(is_armor_space)
}

fn is_armor_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
