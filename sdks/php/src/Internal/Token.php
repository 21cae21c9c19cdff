<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\TokenError;
use stdClass;

/** A token whose signature and claims are good. Its times and bindings have not been checked. */
final class Token
{
    public const LEASE = 'licet-lease+jwt';
    public const FILE = 'licet-file+jwt';
    public const ANSWER = 'licet-answer+jwt';
    public const REVOCATIONS = 'licet-revocations+jwt';

    private const BYTES_MAX = 16_384;
    private const FEED_BYTES_MAX = 1_048_576;
    private const ARMOR = '/\A-----BEGIN LICET ([A-Z]+)-----\r?\n(.*)\r?\n-----END LICET \1-----\z/s';
    private const LABELS = [self::FILE => 'LICENSE', self::REVOCATIONS => 'REVOCATIONS'];

    public function __construct(
        public readonly string $type,
        public readonly string $kid,
        public readonly stdClass $claims,
    ) {
    }

    /**
     * Opens a compact JWS (RFC 7515), armored if it is a file or a feed, that one of the pinned public keys
     * has signed. These are steps 1–8 of the conformance suite, §Verification. The header never selects the
     * algorithm.
     *
     * @param list<string> $publicKeys
     * @throws TokenError
     */
    public static function open(string $text, string $type, array $publicKeys): self
    {
        [$head, $body, $signature] = self::split($text, $type);
        $kid = self::readHeader($head, $type);
        $publicKey = self::findKey($kid, $publicKeys)
            ?? throw new TokenError('KEY_UNKNOWN', "The key $kid is not pinned.");
        if (!Ed25519::verify($publicKey, "$head.$body", $signature)) {
            throw new TokenError('SIGNATURE_INVALID');
        }
        $claims = self::decode($body);
        if ($claims === null || !Claims::areGood($type, $claims)) {
            throw self::malformed('its claims are');
        }
        return new self($type, $kid, Claims::useIntegers($claims));
    }

    /**
     * Opens a token of one of two types.
     *
     * @param list<string> $publicKeys
     * @throws TokenError
     */
    public static function openEither(string $text, string $first, string $second, array $publicKeys): self
    {
        try {
            return self::open($text, $first, $publicKeys);
        } catch (TokenError $error) {
            return $error->code === 'TYPE_UNEXPECTED' ? self::open($text, $second, $publicKeys) : throw $error;
        }
    }

    /** Returns the token in the armor of a file or a feed, and any other text as it is. */
    public static function removeArmor(string $text, string $type): string
    {
        $plain = str_starts_with($text, "\u{feff}") ? substr($text, 3) : $text;
        $isArmored = preg_match(self::ARMOR, trim($plain, " \t\r\n"), $parts) === 1;
        if (!$isArmored || $parts[1] !== (self::LABELS[$type] ?? null)) {
            return $text;
        }
        return str_replace([' ', "\t", "\r", "\n"], '', $parts[2]);
    }

    /** Returns the 32 bytes of a public key, or null if the text is not one. */
    public static function parseKey(string $x): ?string
    {
        $bytes = Text::fromBase64Url($x);
        return $bytes !== null && strlen($bytes) === 32 ? $bytes : null;
    }

    public function isLease(): bool
    {
        return $this->type === self::LEASE;
    }

    /** @return array{string, string, string} */
    private static function split(string $text, string $type): array
    {
        if (strlen($text) > ($type === self::REVOCATIONS ? self::FEED_BYTES_MAX : self::BYTES_MAX)) {
            throw self::malformed('its length is');
        }
        $parts = explode('.', self::removeArmor($text, $type));
        $decoded = array_map(Text::fromBase64Url(...), $parts);
        if (count($parts) !== 3 || in_array(null, $decoded, true) || in_array('', $decoded, true)) {
            throw self::malformed('its format is');
        }
        if (strlen((string) $decoded[2]) !== SODIUM_CRYPTO_SIGN_BYTES) {
            throw self::malformed('the length of its signature is');
        }
        return [$parts[0], $parts[1], (string) $decoded[2]];
    }

    /** Returns the ID of the key that the header names. */
    private static function readHeader(string $head, string $type): string
    {
        $header = self::decode($head);
        $kid = Json::readText($header, 'kid');
        $typ = Json::readText($header, 'typ');
        $isHeader = Json::readText($header, 'alg') === 'EdDSA' && $kid !== null && $typ !== null;
        if (!$isHeader || count(get_object_vars($header ?? new stdClass())) !== 3) {
            throw self::malformed('its header is');
        }
        if ($typ !== $type) {
            throw new TokenError('TYPE_UNEXPECTED', "The type of the token is $typ instead of $type.");
        }
        return $kid;
    }

    /** @param list<string> $publicKeys */
    private static function findKey(string $kid, array $publicKeys): ?string
    {
        foreach ($publicKeys as $x) {
            $bytes = self::parseKey($x);
            // The JWK thumbprint (RFC 7638).
            $thumbprint = Text::hash('{"crv":"Ed25519","kty":"OKP","x":"' . $x . '"}');
            if ($bytes !== null && substr($thumbprint, 0, 16) === $kid) {
                return $bytes;
            }
        }
        return null;
    }

    private static function decode(string $part): ?stdClass
    {
        return Json::parseUniqueObject((string) Text::fromBase64Url($part));
    }

    private static function malformed(string $what): TokenError
    {
        return new TokenError('MALFORMED', "This text is incomplete or damaged: $what wrong.");
    }
}
