using System.Linq;
using System.Text;

namespace Licet
{
    /// <summary>Punycode (RFC 3492), since runtimes differ in which names they convert, and some convert none.</summary>
    internal static class Punycode
    {
        private const int Radix = 36;
        private const int ThresholdMin = 1;
        private const int ThresholdMax = 26;
        private const int Damp = 700;

        /// <summary>Returns a label in ASCII, as it is if it is so already.</summary>
        internal static string Encode(string label)
        {
            var points = Unicode.CodePoints(label).ToList();
            if (points.All(point => point < 128)) return label;
            var result = new StringBuilder("xn--");
            foreach (var point in points.Where(point => point < 128)) result.Append((char)point);
            var basic = result.Length - 4;
            if (basic > 0) result.Append('-');
            var (next, delta, bias, done) = (128, 0, 72, basic);
            while (done < points.Count)
            {
                var smallest = points.Where(point => point >= next).Min();
                delta += (smallest - next) * (done + 1);
                next = smallest;
                foreach (var point in points)
                {
                    if (point < next) delta++;
                    if (point != next) continue;
                    AppendNumber(result, delta, bias);
                    bias = Adapt(delta, done + 1, done == basic);
                    delta = 0;
                    done++;
                }
                delta++;
                next++;
            }
            return result.ToString();
        }

        private static void AppendNumber(StringBuilder result, int number, int bias)
        {
            for (var weight = Radix; ; weight += Radix)
            {
                var threshold = weight <= bias ? ThresholdMin : weight >= bias + ThresholdMax ? ThresholdMax : weight - bias;
                if (number < threshold) break;
                result.Append(ToDigit(threshold + (number - threshold) % (Radix - threshold)));
                number = (number - threshold) / (Radix - threshold);
            }
            result.Append(ToDigit(number));
        }

        private static char ToDigit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);

        private static int Adapt(int delta, int count, bool isFirst)
        {
            delta = isFirst ? delta / Damp : delta / 2;
            delta += delta / count;
            var weight = 0;
            for (; delta > (Radix - ThresholdMin) * ThresholdMax / 2; weight += Radix) delta /= Radix - ThresholdMin;
            return weight + (Radix - ThresholdMin + 1) * delta / (delta + 38);
        }
    }
}
