<?php

declare(strict_types=1);

namespace Licet;

use Licet\Internal\Text;

/** Reads license keys as people paste them, without asking the server. */
final class Keys
{
    /** Crockford's Base32, without I, L, O and U: the index of a symbol is its value. */
    private const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    private const SHAPE = '/\A[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}\z/';
    private const IMPORTED_SHAPE = '/\A[^\p{Cc}]{16,255}\z/u';
    private const KEY_CHARACTERS_MAX = 28;
    /** A text that can be read in only one way. */
    private const UNADORNED = '/\A[A-Za-z0-9_-]*\z/';
    /** Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan. */
    private const DASHES = '/[\p{Pd}\x{2d7}\x{2043}\x{2212}\x{2500}\x{30fc}]/u';
    private const FIRST_TO_LAST_LETTER = '/[\p{L}\p{N}-](?:.*[\p{L}\p{N}-])?/su';
    private const UP_TO_LAST_SIGN = '/\A.*[^\p{L}\p{N}' . Text::SPACE . '-]/su';
    /** A key with its dashes among other words. Without them, ordinary words could pass for a key. */
    private const GROUPED =
        '/(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])/';
    /** Control, formatting and default ignorable characters, noncharacters, and an empty Braille cell. */
    private const INVISIBLE = '/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}'
        . '\x{180b}-\x{180f}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}'
        . '\x{feff}\x{ffa0}\x{fff0}-\x{fff8}\x{e0000}-\x{e0fff}\x{fdd0}-\x{fdef}\x{fffe}\x{ffff}\x{2800}]/u';

    /**
     * Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of two.
     * Returns `valid`; `malformed`: a key with a mistake in it, unless it was imported; `foreign`: may be a
     * key that was imported from another system; or `unusable`: no key.
     */
    public static function check(string $text): string
    {
        return self::read($text)[0];
    }

    /**
     * Returns `PREFIX-XXXX-XXXX-XXXX-XXXX` for a valid key, with any case, dashes, invisible characters and
     * words around it. Returns any other key without the white space around it, and null if the text is
     * unusable. Mistakes are never corrected.
     */
    public static function normalize(string $text): ?string
    {
        return self::read($text)[1];
    }

    /** @return array{string, ?string} */
    private static function read(string $text): array
    {
        if (!Text::isUtf8($text)) {
            return ['unusable', null];
        }
        $trimmed = Text::trim($text);
        $plain = self::readDense($trimmed);
        foreach ([$plain, self::findAdorned($trimmed)] as $reading) {
            if ($reading !== null && $reading[0] === 'valid') {
                return $reading;
            }
        }
        if ($plain !== null) {
            return ['malformed', $trimmed];
        }
        $isImported = preg_match(self::IMPORTED_SHAPE, $trimmed) === 1;
        return $isImported ? ['foreign', $trimmed] : ['unusable', null];
    }

    /** @return array{string, string}|null */
    private static function readDense(string $text): ?array
    {
        $dense = (string) preg_replace('/[' . Text::SPACE . ']+/u', '', $text);
        if (preg_match(self::SHAPE, $dense) !== 1) {
            return null;
        }
        $compact = strtoupper(str_replace('-', '', $dense));
        $prefix = substr($compact, 0, -16);
        $symbols = strtr(substr($compact, -16), 'OIL', '011');
        $isValid = self::computeCheckSymbols($prefix, substr($symbols, 0, 14)) === substr($symbols, 14);
        return [$isValid ? 'valid' : 'malformed', $prefix . '-' . implode('-', str_split($symbols, 4))];
    }

    /**
     * Finds a Licet key at the end of a text, such as `Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.`, or one
     * with its dashes anywhere.
     *
     * @return array{string, string}|null
     */
    private static function findAdorned(string $text): ?array
    {
        if (preg_match(self::UNADORNED, $text) === 1) {
            return null;
        }
        $spaced = (string) preg_replace('/[' . Text::SPACE . ']+/u', ' ', self::compose($text));
        $visible = (string) preg_replace(self::INVISIBLE, '', $spaced);
        $flat = (string) preg_replace(self::DASHES, '-', $visible);
        preg_match(self::FIRST_TO_LAST_LETTER, $flat, $match);
        $core = (string) preg_replace(self::UP_TO_LAST_SIGN, '', $match[0] ?? '');
        $end = '';
        foreach (array_reverse(explode(' ', $core)) as $word) {
            $end = $word . $end;
            if (strlen($end) > 4 * self::KEY_CHARACTERS_MAX) {
                break;
            }
            $reading = self::readDense($end);
            if ($reading !== null && $reading[0] === 'valid') {
                return $reading;
            }
        }
        preg_match_all(self::GROUPED, $flat, $groups);
        foreach ($groups[0] as $group) {
            $reading = self::readDense($group);
            if ($reading !== null && $reading[0] === 'valid') {
                return $reading;
            }
        }
        return null;
    }

    /** Applies NFKC. Without the extension intl, only full-width characters are replaced. */
    private static function compose(string $text): string
    {
        if (class_exists(\Normalizer::class)) {
            return \Normalizer::normalize($text, \Normalizer::FORM_KC) ?: $text;
        }
        // The last 12 bits of a character of three bytes.
        $narrow = fn (array $match) => chr(((ord($match[0][1]) - 0xbc) << 6) + (ord($match[0][2]) - 0x80) + 0x20);
        return (string) preg_replace_callback('/[\x{ff01}-\x{ff5e}]/u', $narrow, $text);
    }

    /**
     * Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code [16, 14]
     * over GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
     */
    private static function computeCheckSymbols(string $prefix, string $body): string
    {
        $weightedSum = 0;
        $sum = 0;
        foreach (str_split($body) as $symbol) {
            $value = (int) strpos(self::ALPHABET, $symbol);
            $weightedSum = self::double($weightedSum ^ $value);
            $sum ^= $value;
        }
        $hash = hash('sha256', $prefix, true);
        $check = (($weightedSum << 5) | $sum) ^ ((ord($hash[0]) << 2) | (ord($hash[1]) >> 6));
        return self::ALPHABET[$check >> 5] . self::ALPHABET[$check & 31];
    }

    /** Multiplies by 2 in GF(32) with x⁵+x²+1. */
    private static function double(int $value): int
    {
        return $value < 16 ? $value << 1 : ($value << 1) ^ 0b100101;
    }
}
