using System;
using System.Collections.Generic;
using System.Numerics;
using System.Security.Cryptography;

namespace Licet
{
    /// <summary>
    /// Verifies Ed25519 signatures (RFC 8032, §5.1.7), which .NET itself does not. Only public values are computed
    /// with, so nothing here needs a constant time. Signing is not part of it.
    /// </summary>
    internal static class Ed25519
    {
        private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
        /// <summary>The order of the base point.</summary>
        private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
        private static readonly BigInteger D = Mod(-121665 * Invert(121666));
        private static readonly BigInteger D2 = Mod(2 * D);
        private static readonly BigInteger SqrtOfMinus1 = BigInteger.ModPow(2, (P - 1) / 4, P);
        private static readonly BigInteger Order8Y = new BigInteger(new byte[]
        {
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        });
        /// <summary>The y coordinates of the points whose order divides 8. Signatures by such keys prove nothing.</summary>
        private static readonly HashSet<BigInteger> SmallOrderY =
            new HashSet<BigInteger> { BigInteger.Zero, BigInteger.One, P - 1, Order8Y, P - Order8Y };
        private static readonly Point Base = Decompress(Encode(Mod(4 * Invert(5)))).Value;

        /// <summary>A point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.</summary>
        private readonly struct Point
        {
            internal readonly BigInteger X, Y, Z, T;

            internal Point(BigInteger x, BigInteger y, BigInteger z, BigInteger t)
            {
                X = x;
                Y = y;
                Z = z;
                T = t;
            }

            internal static readonly Point Zero = new Point(BigInteger.Zero, BigInteger.One, BigInteger.One, BigInteger.Zero);
        }

        /// <summary>Whether a public key, or R of a signature, is a canonical encoding, and not of small order.</summary>
        internal static bool IsSound(byte[] point)
        {
            if (point.Length != 32) return false;
            var y = ReadY(point);
            return y < P && !SmallOrderY.Contains(y);
        }

        /// <summary>Checks a signature strictly: S is below L, and both points are canonical and not of small order.</summary>
        internal static bool Verify(byte[] publicKey, byte[] message, byte[] signature)
        {
            if (signature.Length != 64) return false;
            var encodedR = Slice(signature, 0, 32);
            var s = ToInteger(Slice(signature, 32, 32));
            if (!IsSound(publicKey) || !IsSound(encodedR) || s >= L) return false;
            var key = Decompress(publicKey);
            if (key == null) return false;
            byte[] digest;
            using (var sha512 = SHA512.Create())
                digest = sha512.ComputeHash(Bytes.Concat(Bytes.Concat(encodedR, publicKey), message));
            var k = ToInteger(digest) % L;
            // R = S·B − k·A, compared in its encoding, which no other point has.
            var expected = Add(Multiply(Base, s), Multiply(Negate(key.Value), k));
            return Bytes.AreEqual(Compress(expected), encodedR);
        }

        private static Point Negate(Point point) => new Point(Mod(-point.X), point.Y, point.Z, Mod(-point.T));

        private static Point Add(Point first, Point second)
        {
            var a = Mod((first.Y - first.X) * (second.Y - second.X));
            var b = Mod((first.Y + first.X) * (second.Y + second.X));
            var c = Mod(first.T * D2 % P * second.T);
            var d = Mod(2 * first.Z * second.Z);
            return FromParts(b - a, d - c, d + c, b + a);
        }

        private static Point Double(Point point)
        {
            var a = Mod(point.X * point.X);
            var b = Mod(point.Y * point.Y);
            var c = Mod(2 * point.Z * point.Z);
            var h = a + b;
            var sum = point.X + point.Y;
            var e = h - Mod(sum * sum);
            var g = a - b;
            return FromParts(e, c + g, g, h);
        }

        private static Point FromParts(BigInteger e, BigInteger f, BigInteger g, BigInteger h) =>
            new Point(Mod(e * f), Mod(g * h), Mod(f * g), Mod(e * h));

        private static Point Multiply(Point point, BigInteger factor)
        {
            var result = Point.Zero;
            var bits = factor.ToByteArray();
            for (var bit = bits.Length * 8 - 1; bit >= 0; bit--)
            {
                result = Double(result);
                if ((bits[bit / 8] >> (bit % 8) & 1) != 0) result = Add(result, point);
            }
            return result;
        }

        /// <summary>Returns the point of an encoding, or null if there is none (RFC 8032, §5.1.3).</summary>
        private static Point? Decompress(byte[] encoded)
        {
            var y = ReadY(encoded);
            var isOdd = (encoded[31] & 0x80) != 0;
            var square = Mod(y * y);
            var x2 = Mod((square - 1) * Invert(Mod(D * square + 1)));
            var x = BigInteger.ModPow(x2, (P + 3) / 8, P);
            if (Mod(x * x - x2) != 0) x = Mod(x * SqrtOfMinus1);
            if (Mod(x * x - x2) != 0 || (x.IsZero && isOdd)) return null;
            if (x.IsEven == isOdd) x = P - x;
            return new Point(x, y, BigInteger.One, Mod(x * y));
        }

        private static byte[] Compress(Point point)
        {
            var inverse = Invert(point.Z);
            var encoded = Encode(Mod(point.Y * inverse));
            if (!Mod(point.X * inverse).IsEven) encoded[31] |= 0x80;
            return encoded;
        }

        private static byte[] Encode(BigInteger y)
        {
            var encoded = new byte[32];
            var bytes = y.ToByteArray();
            Array.Copy(bytes, encoded, Math.Min(bytes.Length, 32));
            return encoded;
        }

        private static BigInteger ReadY(byte[] encoded)
        {
            var bytes = (byte[])encoded.Clone();
            bytes[31] &= 0x7f;
            return ToInteger(bytes);
        }

        /// <summary>Reads little-endian bytes. The zero at the end keeps the number positive.</summary>
        private static BigInteger ToInteger(byte[] bytes) => new BigInteger(Bytes.Concat(bytes, new byte[1]));

        private static BigInteger Invert(BigInteger value) => BigInteger.ModPow(value, P - 2, P);

        private static BigInteger Mod(BigInteger value)
        {
            var rest = value % P;
            return rest.Sign < 0 ? rest + P : rest;
        }

        private static byte[] Slice(byte[] bytes, int start, int count)
        {
            var slice = new byte[count];
            Array.Copy(bytes, start, slice, 0, count);
            return slice;
        }
    }
}
