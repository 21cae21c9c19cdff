<?php

declare(strict_types=1);

namespace Licet\Internal;

use stdClass;

/** The claims of each type of token (conformance suite, §Claims). */
final class Claims
{
    private const COUNT_MAX = 9_007_199_254_740_991;

    private const COMMON = ['iss' => 'text', 'jti' => 'text', 'iat' => 'time', 'nbf' => 'time', 'exp' => 'time'];
    private const ANSWER = self::COMMON
        + ['aud' => '?text', 'sub' => '?text', 'non' => '?text', 'req' => '?text', 'rev' => 'count'];
    private const VALID = ['aud' => 'text', 'sub' => 'text', 'valid' => 'true', 'plan' => 'text',
        'features' => 'features', 'warnings' => 'texts', 'end' => '?time'] + self::ANSWER;
    private const LEASE = self::VALID + ['fp' => '?text', 'dom' => '?texts', 'act' => 'texts', 'sea' => '?seat',
        'rfa' => 'time', 'vld' => 'time'];
    private const REFUSED = self::ANSWER
        + ['valid' => 'false', 'error' => 'text', 'message' => 'text', 'details' => '-object'];
    private const FEED = self::COMMON
        + ['from' => 'count', 'to' => 'count', 'more' => 'flag', 'revoked' => 'entries', 'keys' => 'entries'];
    private const SEAT = ['id' => 'text', 'exp' => 'time'];

    /** Whether every claim of a type is there, has its type and a possible value. Others are ignored. */
    public static function areGood(string $type, stdClass $claims): bool
    {
        $isShaped = match ($type) {
            Token::LEASE => self::hasShape($claims, self::LEASE) && self::areInOrder($claims, 'rfa', 'vld', 'exp'),
            Token::FILE => self::hasShape($claims, self::LEASE + ['ret' => '?text'])
                && self::areInOrder($claims, 'rfa', 'vld', 'exp'),
            Token::ANSWER => self::hasShape($claims, self::VALID + ['sea' => '-?seat'])
                || self::hasShape($claims, self::REFUSED),
            Token::REVOCATIONS => self::hasShape($claims, self::FEED) && self::areInOrder($claims, 'from', 'to'),
            default => false,
        };
        return $isShaped && self::areInOrder($claims, 'nbf', 'iat', 'exp');
    }

    /** Turns numbers such as 1.8e9, which JSON allows for times and counts, into integers. */
    public static function useIntegers(stdClass $claims): stdClass
    {
        foreach (get_object_vars($claims) as $name => $value) {
            if (is_float($value) && floor($value) === $value && abs($value) <= self::COUNT_MAX) {
                $claims->{$name} = (int) $value;
            }
        }
        if (($claims->sea ?? null) instanceof stdClass && is_float($claims->sea->exp ?? null)) {
            $claims->sea->exp = (int) $claims->sea->exp;
        }
        return $claims;
    }

    public static function isTime(mixed $value): bool
    {
        return self::isCount($value) && $value <= Time::SECONDS_MAX;
    }

    public static function isCount(mixed $value): bool
    {
        $isWhole = is_int($value) || (is_float($value) && is_finite($value) && floor($value) === $value);
        return $isWhole && $value >= 0 && $value <= self::COUNT_MAX;
    }

    /** @param array<string, string> $shape */
    private static function hasShape(mixed $value, array $shape): bool
    {
        if (!$value instanceof stdClass) {
            return false;
        }
        foreach ($shape as $name => $kind) {
            $isThere = property_exists($value, $name);
            $isOptional = $kind[0] === '-';
            if ($isThere ? !self::is($value->{$name}, ltrim($kind, '-')) : !$isOptional) {
                return false;
            }
        }
        return true;
    }

    private static function is(mixed $value, string $kind): bool
    {
        if ($kind[0] === '?') {
            return $value === null || self::is($value, substr($kind, 1));
        }
        return match ($kind) {
            'text' => is_string($value),
            'time' => self::isTime($value),
            'count' => self::isCount($value),
            'flag' => is_bool($value),
            'true' => $value === true,
            'false' => $value === false,
            'object' => $value instanceof stdClass,
            'seat' => self::hasShape($value, self::SEAT),
            'texts' => is_array($value) && array_filter($value, 'is_string') === $value,
            'features' => $value instanceof stdClass && self::areFeatures(get_object_vars($value)),
            'entries' => is_array($value) && array_filter($value, self::isEntry(...)) === $value,
            default => false,
        };
    }

    /** @param array<mixed> $values */
    private static function areFeatures(array $values): bool
    {
        foreach ($values as $value) {
            $isNumber = is_int($value) || (is_float($value) && is_finite($value));
            if (!$isNumber && !is_bool($value) && !is_string($value)) {
                return false;
            }
        }
        return true;
    }

    private static function isEntry(mixed $value): bool
    {
        return is_array($value) && count($value) === 2 && is_string($value[0]) && self::isTime($value[1]);
    }

    private static function areInOrder(stdClass $claims, string ...$names): bool
    {
        for ($index = 1; $index < count($names); $index++) {
            if ($claims->{$names[$index - 1]} > $claims->{$names[$index]}) {
                return false;
            }
        }
        return true;
    }
}
