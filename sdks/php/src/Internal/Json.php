<?php

declare(strict_types=1);

namespace Licet\Internal;

use stdClass;

/** JSON in which an object stays an object: `{}` never becomes `[]`. */
final class Json
{
    public const DEPTH_MAX = 1000;
    /** What was read can be written, also as a part of a record. */
    private const WRITTEN_DEPTH_MAX = 1100;
    private const STRING = '"(?:[^"\\\\]++|\\\\.)*+"';
    /** PHP reads `TRUE` and `Null`, which are not JSON. */
    private const WRONG_CASE = '/[A-DF-Z]|(?<![0-9])E/';

    public static function encode(mixed $value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
            | JSON_UNESCAPED_LINE_TERMINATORS | JSON_INVALID_UTF8_SUBSTITUTE, self::WRITTEN_DEPTH_MAX);
    }

    /** Returns the JSON object in a text, or null for anything else. */
    public static function parseObject(string $text): ?stdClass
    {
        $value = json_decode($text, false, self::DEPTH_MAX);
        if (!$value instanceof stdClass) {
            return null;
        }
        $bare = preg_replace('/' . self::STRING . '/s', '""', $text);
        return $bare === null || preg_match(self::WRONG_CASE, $bare) === 1 ? null : $value;
    }

    /** Like `parseObject`, and null too if any object in it has a member twice (RFC 7515, §4). */
    public static function parseUniqueObject(string $text): ?stdClass
    {
        $value = self::parseObject($text);
        return $value === null || self::hasDuplicateMember($text) ? null : $value;
    }

    /** Whether a valid JSON text repeats the name of a member, at any depth and however it is escaped. */
    private static function hasDuplicateMember(string $text): bool
    {
        $open = [];
        $depth = 0;
        $latest = '';
        preg_match_all('/' . self::STRING . '|[{}[\]:]/s', $text, $matches);
        foreach ($matches[0] as $token) {
            if ($token === '{' || $token === '[') {
                $open[++$depth] = [];
            } elseif ($token === '}' || $token === ']') {
                $depth--;
            } elseif ($token === ':') {
                // The prefix keeps names such as "1" apart from numbers.
                $name = '=' . json_decode($latest);
                if (isset($open[$depth][$name])) {
                    return true;
                }
                $open[$depth][$name] = true;
            }
            $latest = $token;
        }
        return false;
    }

    /** Returns the member of an object if it is a text. */
    public static function readText(?stdClass $object, string $name): ?string
    {
        $value = $object->{$name} ?? null;
        return is_string($value) ? $value : null;
    }
}
