use ed25519_dalek::{Signature, VerifyingKey};

/// The y coordinates, little-endian, of the points whose order divides 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    with_ends(0x01, 0x00, 0x00),
    with_ends(0xec, 0xff, 0x7f),
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
];
/// p = 2²⁵⁵ − 19, little-endian.
const P: [u8; 32] = with_ends(0xed, 0xff, 0x7f);

const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether the bytes of a point are canonical, and the point is not of small order.
fn is_sound_point(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    y.iter().rev().lt(P.iter().rev()) && !SMALL_ORDER.contains(&y)
}

/// Whether the bytes are a public key with which a signature can be verified.
pub fn is_sound_key(bytes: &[u8; 32]) -> bool {
    is_sound_point(bytes) && VerifyingKey::from_bytes(bytes).is_ok()
}

/// Verifies a signature (RFC 8032, §5.1.7). S must be below L, and both points sound.
pub fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    is_sound_point(key)
        && is_sound_point(signature.r_bytes())
        && VerifyingKey::from_bytes(key)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}
