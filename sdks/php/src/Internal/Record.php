<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\Features;
use Licet\License;
use Licet\TokenError;
use stdClass;

/** The memory of an app about one license. Times are whole seconds since 1970. */
final class Record implements \JsonSerializable
{
    /**
     * @param string|null $lease the latest lease: a compact JWS
     * @param string|null $file the imported license file: a compact JWS
     * @param array{at: int, license: License, warnings: list<string>}|null $answer the last valid answer that
     *     was not signed
     * @param array{code: string, message: string, at: int}|null $tombstone a server's refusal
     * @param int $floor the time cannot be earlier than this
     */
    public function __construct(
        public readonly ?string $lease = null,
        public readonly ?string $file = null,
        public readonly ?array $answer = null,
        public readonly ?array $tombstone = null,
        public readonly int $floor = 0,
        public readonly ?Feed $feed = null,
    ) {
    }

    /** Reads a stored record. Each part that is damaged counts as missing. */
    public static function parse(?string $text): self
    {
        $stored = $text === null ? null : Json::parseObject($text);
        if ($stored === null || ($stored->v ?? null) !== 1) {
            return new self();
        }
        return new self(
            Json::readText($stored, 'lease'),
            Json::readText($stored, 'file'),
            self::parseAnswer($stored->answer ?? null),
            self::parseTombstone($stored->tombstone ?? null),
            Claims::isTime($stored->floor ?? null) ? (int) $stored->floor : 0,
            Feed::parse($stored->feed ?? null),
        );
    }

    /** Returns the license and the warnings of a body that says valid; null if it does not. */
    public static function parseValidBody(mixed $body): ?array
    {
        $license = $body->license ?? null;
        $isValid = $body instanceof stdClass && ($body->valid ?? null) === true && $license instanceof stdClass;
        $id = $isValid ? Json::readText($license, 'id') : null;
        $plan = $isValid ? Json::readText($license, 'plan') : null;
        if ($id === null || $plan === null || !($license->features ?? null) instanceof stdClass) {
            return null;
        }
        // PHP reads 1e999 as infinity, which no record can hold.
        if (json_encode($license->features, 0, Json::DEPTH_MAX) === false) {
            return null;
        }
        $end = $license->expiresAt ?? null;
        $hasEnd = property_exists($license, 'expiresAt') && ($end === null || is_string($end));
        if (!$hasEnd || ($end !== null && Time::parse($end) === null)) {
            return null;
        }
        $warnings = $body->warnings ?? null;
        if (!is_array($warnings) || array_filter($warnings, 'is_string') !== $warnings) {
            return null;
        }
        return ['license' => new License($id, $plan, new Features($license->features), $end), 'warnings' => $warnings];
    }

    /**
     * Opens the lease and the file. One that cannot be opened counts as absent.
     *
     * @param list<string> $publicKeys
     * @return list<Token>
     */
    public function open(array $publicKeys): array
    {
        $tokens = [];
        foreach ([Token::LEASE => $this->lease, Token::FILE => $this->file] as $type => $text) {
            try {
                if ($text !== null && $publicKeys !== []) {
                    $tokens[] = Token::open($text, $type, $publicKeys);
                }
            } catch (TokenError) {
                // It is as if it were not there.
            }
        }
        return $tokens;
    }

    /** @param mixed ...$changes the new values of some members */
    public function with(mixed ...$changes): self
    {
        return new self(...[...get_object_vars($this), ...$changes]);
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        $answer = $this->answer === null ? null : [
            'at' => $this->answer['at'],
            'verdict' => [
                'valid' => true,
                'license' => $this->answer['license'],
                'warnings' => $this->answer['warnings'],
            ],
        ];
        return ['v' => 1, ...get_object_vars($this), 'answer' => $answer];
    }

    private static function parseAnswer(mixed $value): ?array
    {
        if (!$value instanceof stdClass || !Claims::isTime($value->at ?? null)) {
            return null;
        }
        $body = self::parseValidBody($value->verdict ?? null);
        return $body === null ? null : ['at' => (int) $value->at] + $body;
    }

    private static function parseTombstone(mixed $value): ?array
    {
        if (!$value instanceof stdClass || !Claims::isTime($value->at ?? null)) {
            return null;
        }
        $code = Json::readText($value, 'code');
        $message = Json::readText($value, 'message');
        $isGood = $code !== null && $message !== null;
        return $isGood ? ['code' => $code, 'message' => $message, 'at' => (int) $value->at] : null;
    }
}
