<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Codes that people carry between a device without a connection and a server. */
final class OfflineCodes
{
    private const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    private const SYMBOLS = 10;

    /** Returns the code with which a device asks for a license file. Its members are in this order. */
    public static function encodeRequest(
        ?string $product,
        string $key,
        string $fingerprint,
        ?string $name,
        string $nonce,
    ): string {
        $request = [
            'v' => 1,
            'product' => $product,
            'key' => $key,
            'fp' => $fingerprint,
            'name' => $name,
            'nonce' => $nonce,
        ];
        $known = array_filter($request, fn (mixed $value) => $value !== null);
        return 'LQ1.' . Text::toBase64Url(Json::encode($known));
    }

    /**
     * Returns the code that proves that a device has deleted its license file: the first 50 bits of
     * HMAC-SHA-256 of the file's ID under its secret, in Crockford's Base32, as XXXXX-XXXXX.
     */
    public static function computeReturnCode(string $secret, string $fileId): string
    {
        $mac = hash_hmac('sha256', $fileId, (string) Text::fromBase64Url($secret), true);
        $code = '';
        for ($bit = 0; $bit < 5 * self::SYMBOLS; $bit += 5) {
            $twoBytes = (ord($mac[$bit >> 3]) << 8) | ord($mac[($bit >> 3) + 1]);
            $code .= self::ALPHABET[($twoBytes >> (11 - ($bit & 7))) & 31];
        }
        return substr($code, 0, 5) . '-' . substr($code, 5);
    }
}
