package dev.licet.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares domains by whole labels (conformance suite, §Domains). */
public final class Domains {
    private static final Pattern SCHEME = Pattern.compile("^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//");
    private static final Pattern BEHIND_HOST = Pattern.compile("[/?#].*$", Pattern.DOTALL);
    private static final Pattern NOT_A_HOST = Pattern.compile("[\\p{Cc}" + LicenseKeys.SPACES + "@%\\\\]");
    private static final Pattern IN_BRACKETS = Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::\\d*)?");
    private static final Pattern BARE_IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");
    private static final Pattern PORT = Pattern.compile(":\\d*$");
    private static final Pattern HOST = Pattern.compile("[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*");
    private static final Pattern NUMBER_AT_END = Pattern.compile("(?:.*\\.)?(?:\\d+|0x[0-9a-f]*)");
    private static final Pattern IPV4_PART = Pattern.compile("0x[0-9a-f]{0,8}|\\d{1,11}");
    private static final Pattern FULL_STOPS = Pattern.compile("[\u3002\uff0e\uff61]");
    private static final Pattern IGNORED = Pattern.compile("[\u00ad\u034f\u200b\u2060\ufeff\ufe00-\ufe0f]");
    /** Letters, digits, emoji, and the signs that RFC 5892 allows between letters. */
    private static final Pattern INTERNATIONAL = Pattern.compile("[\\p{L}\\p{M}\\p{N}\\p{So}\\x{1f3fb}-\\x{1f3ff}"
            + "\u00b7\u0375\u05f3\u05f4\u200c\u200d\u30fba-z0-9_-]+");
    private static final Pattern WWW = Pattern.compile("(?:www\\.)*");

    private Domains() {}

    /**
     * Whether a license for entries covers a domain. {@code example.com} covers itself and its
     * {@code www.}, and {@code *.example.com} every host below it.
     */
    public static boolean covers(List<String> entries, String domain) {
        String host = normalize(domain);
        if (host == null) {
            return false;
        }
        return entries.stream().anyMatch(entry -> entry.startsWith("*.")
                ? host.endsWith(entry.substring(1))
                : host.endsWith(entry) && WWW.matcher(host.substring(0, host.length() - entry.length())).matches());
    }

    /**
     * Returns the host of a domain or URL: in lower case and punycode, without scheme, port, path, dot at
     * the end and brackets; an IPv4 address that is mapped to IPv6 as itself. Returns null for anything
     * else.
     */
    static String normalize(String text) {
        String address = SCHEME.matcher(LicenseKeys.strip(text)).replaceFirst("");
        String authority = BEHIND_HOST.matcher(address).replaceFirst("");
        if (NOT_A_HOST.matcher(authority).find()) {
            return null;
        }
        Matcher inBrackets = IN_BRACKETS.matcher(authority);
        if (inBrackets.matches()) {
            return normalizeIpv6(inBrackets.group(1));
        }
        if (BARE_IPV6.matcher(authority).matches()) {
            return normalizeIpv6(authority);
        }
        String name = PORT.matcher(authority).replaceFirst("");
        String host = toAscii(FULL_STOPS.matcher(name).replaceAll(".").replaceFirst("\\.$", ""));
        if (host == null || !HOST.matcher(host).matches()) {
            return null;
        }
        return NUMBER_AT_END.matcher(host).matches() ? normalizeIpv4(host) : host;
    }

    /**
     * Reads an IPv4 address as browsers do: its parts may be octal ({@code 010}) or hexadecimal, and the
     * last one stands for all that are missing. Returns null if it is none.
     */
    private static String normalizeIpv4(String host) {
        String[] parts = host.split("\\.");
        long address = 0;
        for (int index = 0; index < parts.length; index++) {
            boolean isLast = index == parts.length - 1;
            long part = parts.length > 4 ? -1 : parseIpv4Part(parts[index]);
            int bits = isLast ? 8 * (5 - parts.length) : 8;
            if (part < 0 || part >> bits != 0) {
                return null;
            }
            address = address << bits | part;
        }
        return (address >> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255);
    }

    private static long parseIpv4Part(String text) {
        if (!IPV4_PART.matcher(text).matches()) {
            return -1;
        }
        boolean isHex = text.startsWith("0x");
        String digits = isHex ? "0" + text.substring(2) : text;
        int radix = isHex ? 16 : digits.startsWith("0") ? 8 : 10;
        try {
            return Long.parseLong(digits, radix);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Converts labels as UTS 46 does. What it would refuse is refused, or not found in any license. */
    private static String toAscii(String name) {
        if (name.chars().allMatch(unit -> unit < 128)) {
            return name.toLowerCase(Locale.ROOT);
        }
        String visible = IGNORED.matcher(name).replaceAll("");
        String folded = Normalizer.normalize(visible, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        List<String> labels = new ArrayList<>();
        for (String label : Normalizer.normalize(folded, Normalizer.Form.NFKC).split("\\.", -1)) {
            if (!INTERNATIONAL.matcher(label).matches()) {
                return null;
            }
            boolean isAscii = label.chars().allMatch(unit -> unit < 128);
            labels.add(isAscii ? label : "xn--" + Punycode.encode(label));
        }
        return String.join(".", labels);
    }

    /** Returns the short form of RFC 5952, or the IPv4 address that it maps; null if it is no address. */
    private static String normalizeIpv6(String text) {
        byte[] bytes;
        try {
            // A text with a colon is never looked up.
            bytes = text.contains(":") ? InetAddress.getByName("[" + text + "]").getAddress() : null;
        } catch (UnknownHostException e) {
            return null;
        }
        if (bytes == null) {
            return null;
        }
        int[] groups = new int[bytes.length / 2];
        for (int index = 0; index < groups.length; index++) {
            groups[index] = (bytes[2 * index] & 255) << 8 | bytes[2 * index + 1] & 255;
        }
        return bytes.length == 4 ? formatIpv4(bytes) : formatIpv6(groups);
    }

    private static String formatIpv4(byte[] bytes) {
        return (bytes[0] & 255) + "." + (bytes[1] & 255) + "." + (bytes[2] & 255) + "." + (bytes[3] & 255);
    }

    private static String formatIpv6(int[] groups) {
        int start = 0;
        int length = 0;
        for (int index = 0; index < groups.length; index++) {
            int end = index;
            while (end < groups.length && groups[end] == 0) {
                end++;
            }
            if (end - index > length) {
                start = index;
                length = end - index;
            }
        }
        if (length < 2) {
            return join(groups, 0, groups.length);
        }
        return join(groups, 0, start) + "::" + join(groups, start + length, groups.length);
    }

    private static String join(int[] groups, int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int index = from; index < to; index++) {
            texts.add(Integer.toHexString(groups[index]));
        }
        return String.join(":", texts);
    }
}
