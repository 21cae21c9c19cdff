<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Strict Ed25519 (RFC 8032, §5.1.7): each signature has one encoding, and no point has a small order. */
final class Ed25519
{
    /** The prime and the order of the base point, most significant byte first. */
    private const P = '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed';
    private const L = '1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed';
    /** The y of the points whose order divides 8. Signatures by such keys prove nothing. */
    private const SMALL_ORDER_Y = [
        '0000000000000000000000000000000000000000000000000000000000000000',
        '0000000000000000000000000000000000000000000000000000000000000001',
        '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
        '7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d7a6a17c7',
        '05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
    ];

    public static function verify(string $publicKey, string $message, string $signature): bool
    {
        return strlen($signature) === 64
            && self::isSound($publicKey)
            && self::isSound(substr($signature, 0, 32))
            && strcmp(bin2hex(strrev(substr($signature, 32))), self::L) < 0
            && sodium_crypto_sign_verify_detached($signature, $message, $publicKey);
    }

    /** Whether a point is encoded canonically, and not of small order. */
    public static function isSound(string $point): bool
    {
        if (strlen($point) !== 32) {
            return false;
        }
        $bytes = strrev($point);
        $bytes[0] = chr(ord($bytes[0]) & 127);
        $y = bin2hex($bytes);
        return strcmp($y, self::P) < 0 && !in_array($y, self::SMALL_ORDER_Y, true);
    }
}
