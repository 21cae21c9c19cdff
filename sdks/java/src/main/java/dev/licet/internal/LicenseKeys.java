package dev.licet.internal;

import dev.licet.Keys;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads license keys as people paste them. */
public final class LicenseKeys {
    /** Crockford's Base32, without I, L, O and U: the index of a symbol is its value. */
    static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /** All white space, for a class of characters. */
    static final String SPACES = "\\s\\x0b\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";

    private static final int SYMBOLS = 16;
    private static final int BODY_SYMBOLS = 14;
    private static final int KEY_CHARACTERS_MAX = 28;

    private static final Pattern SPACE = Pattern.compile("[" + SPACES + "]+");
    private static final Pattern SPACE_AROUND =
            Pattern.compile("\\A[" + SPACES + "]+|[" + SPACES + "]+\\z");
    private static final Pattern LICET_SHAPE =
            Pattern.compile("[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}");
    private static final Pattern IMPORTED_SHAPE = Pattern.compile("[^\\p{Cc}\\p{Cs}]{16,255}");
    /** A text that can be read in only one way. */
    private static final Pattern UNADORNED = Pattern.compile("[A-Za-z0-9_-]*");
    /** Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan. */
    private static final Pattern DASHES = Pattern.compile("[\\p{Pd}\\u02d7\\u2043\\u2212\\u2500\\u30fc]");

    private static final Pattern FIRST_TO_LAST_LETTER =
            Pattern.compile("[\\p{L}\\p{N}-](?:.*[\\p{L}\\p{N}-])?", Pattern.DOTALL);
    private static final Pattern UP_TO_LAST_SIGN =
            Pattern.compile("\\A.*[^\\p{L}\\p{N}" + SPACES + "-]", Pattern.DOTALL);
    /** A key with its dashes among other words. Without them, ordinary words could pass for a key. */
    private static final Pattern GROUPED = Pattern.compile(
            "(?<![A-Za-z0-9]-?)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])");
    /** Control, formatting and other characters that show nothing, and an empty Braille cell. */
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}"
            + "\\p{IsNoncharacter_Code_Point}\\u2800\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2065"
            + "\\u3164\\ufe00-\\ufe0f\\uffa0\\ufff0-\\ufff8\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}"
            + "\\x{e0000}-\\x{e0fff}]");

    /** The kind of a text and its key, which is null if the text is unusable. */
    public record Reading(Keys.Check check, String key) {}

    private LicenseKeys() {}

    /** Reads a text. A mistake in it is never corrected. */
    public static Reading read(String text) {
        String trimmed = strip(text);
        Reading plain = readLicetKey(trimmed);
        if (isValid(plain)) {
            return plain;
        }
        Reading adorned = findAdornedKey(trimmed);
        if (isValid(adorned)) {
            return adorned;
        }
        if (plain != null) {
            return new Reading(Keys.Check.MALFORMED, trimmed);
        }
        return IMPORTED_SHAPE.matcher(trimmed).matches()
                ? new Reading(Keys.Check.FOREIGN, trimmed)
                : new Reading(Keys.Check.UNUSABLE, null);
    }

    /** Removes all white space around a text. */
    static String strip(String text) {
        return SPACE_AROUND.matcher(text).replaceAll("");
    }

    private static boolean isValid(Reading reading) {
        return reading != null && reading.check() == Keys.Check.VALID;
    }

    private static Reading readLicetKey(String text) {
        String dense = SPACE.matcher(text).replaceAll("");
        if (!LICET_SHAPE.matcher(dense).matches()) {
            return null;
        }
        String compact = dense.replace("-", "").toUpperCase(Locale.ROOT);
        int prefixEnd = compact.length() - SYMBOLS;
        String prefix = compact.substring(0, prefixEnd);
        String symbols = compact.substring(prefixEnd).replace('O', '0').replaceAll("[IL]", "1");
        String check = computeCheckSymbols(prefix, symbols.substring(0, BODY_SYMBOLS));
        return new Reading(
                symbols.endsWith(check) ? Keys.Check.VALID : Keys.Check.MALFORMED,
                prefix + symbols.replaceAll(".{4}", "-$0"));
    }

    /** Finds a Licet key at the end of a text, or one with its dashes anywhere. */
    private static Reading findAdornedKey(String text) {
        if (UNADORNED.matcher(text).matches()) {
            return null;
        }
        String spaced = SPACE.matcher(Normalizer.normalize(text, Normalizer.Form.NFKC)).replaceAll(" ");
        String flat = DASHES.matcher(INVISIBLE.matcher(spaced).replaceAll("")).replaceAll("-");
        Reading last = findAtEnd(flat);
        if (last != null) {
            return last;
        }
        return GROUPED
                .matcher(flat)
                .results()
                .map(match -> readLicetKey(match.group()))
                .filter(LicenseKeys::isValid)
                .findFirst()
                .orElse(null);
    }

    private static Reading findAtEnd(String flat) {
        Matcher core = FIRST_TO_LAST_LETTER.matcher(flat);
        if (!core.find()) {
            return null;
        }
        String words = UP_TO_LAST_SIGN.matcher(core.group()).replaceFirst("");
        List<String> reversed = Arrays.asList(words.split(" "));
        Collections.reverse(reversed);
        String end = "";
        for (String word : reversed) {
            end = word + end;
            if (end.length() > KEY_CHARACTERS_MAX) {
                return null;
            }
            Reading reading = readLicetKey(end);
            if (isValid(reading)) {
                return reading;
            }
        }
        return null;
    }

    /**
     * Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code
     * [16, 14] over GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
     */
    private static String computeCheckSymbols(String prefix, String body) {
        int weightedSum = 0;
        int sum = 0;
        for (char symbol : body.toCharArray()) {
            int value = ALPHABET.indexOf(symbol);
            weightedSum = twice(weightedSum ^ value);
            sum ^= value;
        }
        byte[] hash = Bytes.sha256(prefix);
        int mask = (hash[0] & 255) << 2 | (hash[1] & 255) >> 6;
        int check = (weightedSum << 5 | sum) ^ mask;
        return "" + ALPHABET.charAt(check >> 5) + ALPHABET.charAt(check & 31);
    }

    /** Multiplies by 2 in GF(32) with x⁵+x²+1. */
    private static int twice(int value) {
        return value < 16 ? value << 1 : value << 1 ^ 0b100101;
    }
}
