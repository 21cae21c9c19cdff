package dev.licet.internal;

import dev.licet.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes JSON (RFC 8259). Whole numbers are {@code Long}, others {@code Double}. Can reject
 * objects with two members of the same name, which most parsers accept.
 */
public final class Json {
    /** Deeper texts are rejected, because they could exhaust the stack. */
    private static final int DEPTH_MAX = 500;
    /** Above 2⁵³, numbers are read as inexact by other parsers. */
    private static final double EXACT_MAX = 9_007_199_254_740_992.0;

    private final String text;
    private final boolean isUnique;
    private int at;

    private Json(String text, boolean isUnique) {
        this.text = text;
        this.isUnique = isUnique;
    }

    /** Returns the value of a JSON text. Throws {@code IllegalArgumentException}. */
    public static Object parse(String text) {
        return new Json(text, false).readText();
    }

    /** Returns the JSON object in a text, or null for anything else. */
    public static JsonObject parseObject(String text) {
        return readObject(new Json(text, false));
    }

    /** Like {@code parseObject}, and null too if any object in it has a member twice (RFC 7515, §4). */
    public static JsonObject parseUniqueObject(String text) {
        return readObject(new Json(text, true));
    }

    private static JsonObject readObject(Json reader) {
        try {
            return reader.readText() instanceof JsonObject object ? object : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private Object readText() {
        Object value = readValue(0);
        skipWhiteSpace();
        if (at < text.length()) {
            throw fault();
        }
        return value;
    }

    private Object readValue(int depth) {
        skipWhiteSpace();
        if (depth > DEPTH_MAX) {
            throw fault();
        }
        return switch (peek()) {
            case '{' -> readMembers(depth);
            case '[' -> readElements(depth);
            case '"' -> readString();
            case 't' -> readWord("true", Boolean.TRUE);
            case 'f' -> readWord("false", Boolean.FALSE);
            case 'n' -> readWord("null", null);
            default -> readNumber();
        };
    }

    private JsonObject readMembers(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        for (boolean isFirst = true; !isNext('}'); isFirst = false) {
            if (!isFirst) {
                expect(',');
            }
            skipWhiteSpace();
            String name = readString();
            expect(':');
            Object value = readValue(depth + 1);
            if (isUnique && members.containsKey(name)) {
                throw fault();
            }
            members.put(name, value);
        }
        return new JsonObject(members);
    }

    private List<Object> readElements(int depth) {
        List<Object> elements = new ArrayList<>();
        at++;
        for (boolean isFirst = true; !isNext(']'); isFirst = false) {
            if (!isFirst) {
                expect(',');
            }
            elements.add(readValue(depth + 1));
        }
        return Collections.unmodifiableList(elements);
    }

    private String readString() {
        if (peek() != '"') {
            throw fault();
        }
        StringBuilder result = new StringBuilder();
        for (at++; peek() != '"'; at++) {
            char character = peek();
            if (character < ' ') {
                throw fault();
            }
            result.append(character == '\\' ? readEscape() : character);
        }
        at++;
        return result.toString();
    }

    /** Leaves the position at the last character of the escape. */
    private char readEscape() {
        at++;
        return switch (peek()) {
            case '"', '\\', '/' -> peek();
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> readCodeUnit();
            default -> throw fault();
        };
    }

    private char readCodeUnit() {
        int unit = 0;
        for (int digit = 0; digit < 4; digit++) {
            at++;
            int value = peek() < 128 ? Character.digit(peek(), 16) : -1;
            if (value < 0) {
                throw fault();
            }
            unit = unit << 4 | value;
        }
        return (char) unit;
    }

    private Object readWord(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw fault();
        }
        at += word.length();
        return value;
    }

    private Object readNumber() {
        int start = at;
        skip('-');
        if (!skip('0')) {
            skipDigits();
        }
        if (skip('.')) {
            skipDigits();
        }
        if (skip('e') || skip('E')) {
            if (!skip('+')) {
                skip('-');
            }
            skipDigits();
        }
        double value = Double.parseDouble(text.substring(start, at));
        if (Double.isInfinite(value)) {
            throw fault();
        }
        boolean isWhole = value == Math.rint(value) && Math.abs(value) < EXACT_MAX;
        return isWhole ? (Object) (long) value : (Object) value;
    }

    private void skipDigits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw fault();
        }
    }

    private boolean skip(char character) {
        boolean isThere = at < text.length() && text.charAt(at) == character;
        if (isThere) {
            at++;
        }
        return isThere;
    }

    /** Skips white space, and the character if it is next. */
    private boolean isNext(char character) {
        skipWhiteSpace();
        return skip(character);
    }

    private void expect(char character) {
        if (!isNext(character)) {
            throw fault();
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw fault();
        }
        return text.charAt(at);
    }

    private void skipWhiteSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException fault() {
        return new IllegalArgumentException("The text is not JSON, from character " + at + " on.");
    }

    /**
     * Writes a value: a map, a collection, a text, a number, a truth value or null. Anything else,
     * such as an {@code Instant} or a constant of an enum, is written as its text.
     */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    private static void append(StringBuilder out, Object value) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> member : map.entrySet()) {
                out.append(separator);
                appendString(out, String.valueOf(member.getKey()));
                append(out.append(':'), member.getValue());
                separator = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> list) {
            String separator = "";
            out.append('[');
            for (Object element : list) {
                append(out.append(separator), element);
                separator = ",";
            }
            out.append(']');
        } else if (value == null || value instanceof Boolean || isFinite(value)) {
            out.append(value);
        } else {
            appendString(out, value.toString());
        }
    }

    private static boolean isFinite(Object value) {
        return value instanceof Number number && Double.isFinite(number.doubleValue());
    }

    private static void appendString(StringBuilder out, String string) {
        out.append('"');
        for (int index = 0; index < string.length(); index++) {
            char character = string.charAt(index);
            switch (character) {
                case '"', '\\' -> out.append('\\').append(character);
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (character < ' ' || isLone(string, index)) {
                        out.append(String.format("\\u%04x", (int) character));
                    } else {
                        out.append(character);
                    }
                }
            }
        }
        out.append('"');
    }

    /** Whether a code unit is half of a character, which UTF-8 cannot encode. */
    private static boolean isLone(String string, int index) {
        char unit = string.charAt(index);
        if (Character.isHighSurrogate(unit)) {
            return index + 1 == string.length() || !Character.isLowSurrogate(string.charAt(index + 1));
        }
        return Character.isLowSurrogate(unit)
                && (index == 0 || !Character.isHighSurrogate(string.charAt(index - 1)));
    }
}
