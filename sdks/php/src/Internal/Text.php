<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Bytes and characters, where PHP's own functions are too lax. */
final class Text
{
    private const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    /** White space in the sense of Unicode. */
    public const SPACE = '\t\n\x0b\f\r\x{feff}\p{Z}';

    public static function isUtf8(string $text): bool
    {
        return preg_match('//u', $text) === 1;
    }

    /** Removes white space at both ends. Returns a text that is not UTF-8 as it is. */
    public static function trim(string $text): string
    {
        return preg_replace('/\A[' . self::SPACE . ']+|[' . self::SPACE . ']+\z/u', '', $text) ?? $text;
    }

    public static function isBlank(?string $text): bool
    {
        return $text === null || self::trim($text) === '';
    }

    public static function toBase64Url(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /** Returns the bytes, or null unless it is base64url without padding whose last bits are zero. */
    public static function fromBase64Url(string $text): ?string
    {
        $rest = strlen($text) % 4;
        if (preg_match('/\A[A-Za-z0-9_-]*\z/', $text) !== 1 || $rest === 1) {
            return null;
        }
        $unused = [2 => 15, 3 => 3][$rest] ?? 0;
        if ($unused !== 0 && (strpos(self::ALPHABET, $text[-1]) & $unused) !== 0) {
            return null;
        }
        $bytes = base64_decode(strtr($text, '-_', '+/'), true);
        return $bytes === false ? null : $bytes;
    }

    /** Returns the base64url SHA-256 of a text, as in the claims `fp` and `req`. */
    public static function hash(string $text): string
    {
        return self::toBase64Url(hash('sha256', $text, true));
    }
}
