from __future__ import annotations

_P = 2**255 - 19
#: The order of the base point.
_L = 2**252 + 27742317777372353535851937790883648493
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
#: The y coordinates of the points whose order divides 8. Signatures by such keys prove nothing.
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def is_sound_key(key: bytes) -> bool:
    """Returns whether a public key is a canonical encoding, and not of small order."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    return len(key) == 32 and y < _P and y not in _SMALL_ORDER_Y


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Checks an Ed25519 signature (RFC 8032, §5.1.7), which has one encoding only."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    is_canonical = int.from_bytes(signature[32:], "little") < _L
    if not (is_canonical and is_sound_key(key) and is_sound_key(signature[:32])):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def require_cryptography() -> None:
    """Raises an ImportError that says how to install what signatures need."""
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        message = "Public keys need the package cryptography: pip install 'licet[offline]'"
        raise ImportError(message) from error
