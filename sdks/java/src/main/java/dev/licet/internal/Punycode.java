package dev.licet.internal;

/** Encodes labels of international domains (RFC 3492). {@code java.net.IDN} follows an old standard. */
final class Punycode {
    private static final int BASE = 36;
    private static final int T_MIN = 1;
    private static final int T_MAX = 26;
    private static final int SKEW = 38;
    private static final int DAMP = 700;
    private static final int FIRST_BIAS = 72;
    private static final int FIRST_CODE_POINT = 128;

    private Punycode() {}

    static String encode(String label) {
        int[] input = label.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (int codePoint : input) {
            if (codePoint < FIRST_CODE_POINT) {
                out.append((char) codePoint);
            }
        }
        int basic = out.length();
        if (basic > 0) {
            out.append('-');
        }
        int next = FIRST_CODE_POINT;
        int delta = 0;
        int bias = FIRST_BIAS;
        for (int handled = basic; handled < input.length; next++, delta++) {
            int smallest = Integer.MAX_VALUE;
            for (int codePoint : input) {
                if (codePoint >= next) {
                    smallest = Math.min(smallest, codePoint);
                }
            }
            delta += (smallest - next) * (handled + 1);
            next = smallest;
            for (int codePoint : input) {
                if (codePoint < next) {
                    delta++;
                } else if (codePoint == next) {
                    appendDelta(out, delta, bias);
                    bias = adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }
        }
        return out.toString();
    }

    private static void appendDelta(StringBuilder out, int delta, int bias) {
        int rest = delta;
        for (int k = BASE; ; k += BASE) {
            int threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
            if (rest < threshold) {
                out.append(toDigit(rest));
                return;
            }
            out.append(toDigit(threshold + (rest - threshold) % (BASE - threshold)));
            rest = (rest - threshold) / (BASE - threshold);
        }
    }

    /** The digits are a–z, then 0–9. */
    private static char toDigit(int value) {
        return (char) (value < 26 ? 'a' + value : '0' + value - 26);
    }

    private static int adapt(int delta, int count, boolean isFirst) {
        int rest = isFirst ? delta / DAMP : delta / 2;
        rest += rest / count;
        int k = 0;
        for (; rest > (BASE - T_MIN) * T_MAX / 2; k += BASE) {
            rest /= BASE - T_MIN;
        }
        return k + (BASE - T_MIN + 1) * rest / (rest + SKEW);
    }
}
