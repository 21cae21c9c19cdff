<?php

declare(strict_types=1);

namespace Licet\Internal;

final class Time
{
    /** The end of the year 9999: a larger number is not in seconds. */
    public const SECONDS_MAX = 253_402_300_799;
    private const RFC_3339 = '/\A\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d))?\z/';
    private const HTTP_DATE = '/\A(?:[A-Za-z]{3}, )?\d\d? [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT\z/';

    /** Formats whole seconds since 1970 as RFC 3339, at the latest the end of the year 9999. */
    public static function format(int $seconds): string
    {
        return gmdate('Y-m-d\TH:i:s\Z', min($seconds, self::SECONDS_MAX));
    }

    /** Returns the seconds of an RFC 3339 time, or null. */
    public static function parse(string $text): ?int
    {
        return preg_match(self::RFC_3339, $text) === 1 ? self::read($text) : null;
    }

    /** Returns the seconds of the date in a header, or null. */
    public static function parseHeader(?string $text): ?int
    {
        return $text !== null && preg_match(self::HTTP_DATE, $text) === 1 ? self::read($text) : null;
    }

    private static function read(string $text): ?int
    {
        try {
            return (new \DateTimeImmutable($text, new \DateTimeZone('UTC')))->getTimestamp();
        } catch (\Exception) {
            return null;
        }
    }
}
