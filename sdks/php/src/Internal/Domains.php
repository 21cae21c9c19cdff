<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Domains of a token (conformance suite, §Domains). */
final class Domains
{
    private const HOST = '/\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\z/';
    private const PORT_MAX = 65_535;
    /** IDNA_NONTRANSITIONAL_TO_ASCII, IDNA_CHECK_BIDI and IDNA_CHECK_CONTEXTJ of the extension intl. */
    private const IDN_FLAGS = 16 | 4 | 8;
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
        $hosts = self::listWithoutWww($host);
        foreach ($entries as $entry) {
            $isCovered = str_starts_with($entry, '*.')
                ? str_ends_with($host, substr($entry, 1))
                : in_array($entry, $hosts, true);
            if ($isCovered) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns a host, and it without each number of `www.` at its start.
     *
     * @return list<string>
     */
    private static function listWithoutWww(string $host): array
    {
        $hosts = [$host];
        while (str_starts_with($host, 'www.')) {
            $host = substr($host, strlen('www.'));
            $hosts[] = $host;
        }
        return $hosts;
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
        if (substr_count($authority, ':') > 1 && !str_starts_with($authority, '[')) {
            return self::formatIpv6($authority);
        }
        // A host, or an IPv6 address in brackets, and a port.
        if (preg_match('/\A(\[[^\]]*\]|[^:\[\]]*)(?::(\d*))?\z/', $authority, $parts) !== 1) {
            return null;
        }
        if ((int) ($parts[2] ?? 0) > self::PORT_MAX) {
            return null;
        }
        return str_starts_with($parts[1], '[')
            ? self::formatIpv6(substr($parts[1], 1, -1))
            : self::normalizeName($parts[1]);
    }

    private static function normalizeName(string $name): ?string
    {
        $ascii = strtolower($name);
        $isAscii = preg_match('/[^\x00-\x7f]/', $name) !== 1;
        if (function_exists('idn_to_ascii') && (!$isAscii || str_contains($ascii, 'xn--'))) {
            $ascii = (string) idn_to_ascii($name, self::IDN_FLAGS);
        } elseif (!$isAscii) {
            // Without the extension, an international domain is covered by nothing.
            return null;
        }
        $host = (string) preg_replace('/\.\z/', '', $ascii);
        if (preg_match(self::HOST, $host) !== 1) {
            return null;
        }
        // A name whose last label is a number is an IPv4 address, or nothing.
        $isNumber = preg_match('/(?:\A|\.)(?:\d+|0x[0-9a-f]*)\z/', $host) === 1;
        return $isNumber && filter_var($host, FILTER_VALIDATE_IP, FILTER_FLAG_IPV4) === false ? null : $host;
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
