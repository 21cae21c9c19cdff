<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Domains of a token (conformance suite, §Domains). */
final class Domains
{
    private const HOST = '/\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\z/';
    private const MAPPED_IPV4 = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

    /**
     * Whether a license for `$entries` covers a domain. `example.com` covers itself and its `www.`, and
     * `*.example.com` every host below it. Whole labels are compared.
     *
     * @param list<string> $entries
     */
    public static function covers(array $entries, string $domain): bool
    {
        $host = self::normalize($domain);
        if ($host === null) {
            return false;
        }
        $withoutWww = preg_replace('/\A(?:www\.)+/', '', $host);
        foreach ($entries as $entry) {
            $isCovered = str_starts_with($entry, '*.')
                ? str_ends_with($host, substr($entry, 1))
                : $host === $entry || $withoutWww === $entry;
            if ($isCovered) {
                return true;
            }
        }
        return false;
    }

    /** Returns the host of a domain or URL in lower case and punycode. Returns null for anything else. */
    public static function normalize(string $text): ?string
    {
        $authority = Text::trim($text);
        foreach (['~\A(?:[a-z][a-z0-9+.-]*:)?//~i', '~[/?#].*\z~s'] as $pattern) {
            $authority = (string) preg_replace($pattern, '', $authority);
        }
        if (preg_match('/[' . Text::SPACE . '\p{Cc}@%\\\\]/u', $authority) !== 0) {
            return null;
        }
        if (preg_match('/\A\[([^\]]*)\](?::\d*)?\z/', $authority, $parts) === 1) {
            return self::formatIpv6($parts[1]);
        }
        if (substr_count($authority, ':') > 1) {
            return self::formatIpv6($authority);
        }
        return self::normalizeName((string) preg_replace('/:\d*\z/', '', $authority));
    }

    private static function normalizeName(string $name): ?string
    {
        $ascii = strtolower($name);
        if (preg_match('/[^\x00-\x7f]/', $name) === 1) {
            // Without the extension, an international domain is covered by nothing.
            $ascii = function_exists('idn_to_ascii') ? idn_to_ascii($name, IDNA_NONTRANSITIONAL_TO_ASCII) : '';
        }
        $host = preg_replace('/\.\z/', '', (string) $ascii);
        return preg_match(self::HOST, (string) $host) === 1 ? $host : null;
    }

    /** Returns the short form (RFC 5952), and a mapped IPv4 address as itself. */
    private static function formatIpv6(string $address): ?string
    {
        $bytes = filter_var($address, FILTER_VALIDATE_IP, FILTER_FLAG_IPV6) === false ? false : inet_pton($address);
        if ($bytes === false) {
            return null;
        }
        if (str_starts_with($bytes, self::MAPPED_IPV4)) {
            return implode('.', array_map('ord', str_split(substr($bytes, 12))));
        }
        $groups = array_map(fn (string $pair) => dechex((int) hexdec($pair)), str_split(bin2hex($bytes), 4));
        $text = ':' . implode(':', $groups) . ':';
        // The first of the longest runs of two or more zeros becomes "::".
        for ($count = 8; $count > 1; $count--) {
            $at = strpos($text, str_repeat(':0', $count) . ':');
            if ($at !== false) {
                return trim(substr($text, 0, $at), ':') . '::' . trim(substr($text, $at + 2 * $count + 1), ':');
            }
        }
        return trim($text, ':');
    }
}
