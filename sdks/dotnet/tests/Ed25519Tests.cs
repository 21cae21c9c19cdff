using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>Signatures of RFC 8032, §7.1, and what is done to them to deceive a verifier.</summary>
    [TestFixture]
    public sealed class Ed25519Tests
    {
        private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
        private const string Key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        private const string Signature =
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

        private static byte[] FromHex(string hex) =>
            Enumerable.Range(0, hex.Length / 2).Select(index => Convert.ToByte(hex.Substring(index * 2, 2), 16)).ToArray();

        public static IEnumerable<TestCaseData> Signatures()
        {
            yield return Vectors.Named("Ed25519: the signature of nothing (RFC 8032, test 1) is valid", Key, "", Signature);
            yield return Vectors.Named(
                "Ed25519: the signature of one byte (RFC 8032, test 2) is valid",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
            yield return Vectors.Named(
                "Ed25519: the signature of two bytes (RFC 8032, test 3) is valid",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
            yield return Vectors.Named(
                "Ed25519: the signature of a hash (RFC 8032, test SHA(abc)) is valid",
                "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704");
        }

        [TestCaseSource("Signatures")]
        public void Signatures_are_verified(string key, string message, string signature)
        {
            Assert.That(Ed25519.Verify(FromHex(key), FromHex(message), FromHex(signature)), Is.True);
        }

        private static bool IsValid(Action<byte[]> changeKey, Action<byte[]> changeSignature, string message = "")
        {
            var (key, signature) = (FromHex(Key), FromHex(Signature));
            changeKey?.Invoke(key);
            changeSignature?.Invoke(signature);
            return Ed25519.Verify(key, FromHex(message), signature);
        }

        /// <summary>Replaces S by S + <paramref name="addend"/>.</summary>
        private static Action<byte[]> AddToS(BigInteger addend) => signature =>
        {
            var sum = new BigInteger(signature.Skip(32).Concat(new byte[1]).ToArray()) + addend;
            var bytes = sum.ToByteArray();
            for (var index = 0; index < 32; index++) signature[32 + index] = index < bytes.Length ? bytes[index] : (byte)0;
        };

        private static Action<byte[]> Replace(int start, string hex) => bytes => FromHex(hex).CopyTo(bytes, start);

        [Test]
        public void Each_changed_bit_of_a_signature_makes_it_invalid()
        {
            for (var bit = 0; bit < 512; bit += 7)
                Assert.That(IsValid(null, signature => signature[bit / 8] ^= (byte)(1 << (bit % 8))), Is.False, $"bit {bit}");
        }

        [Test]
        public void Another_message_or_key_is_not_signed()
        {
            Assert.That(IsValid(null, null, "00"), Is.False);
            Assert.That(IsValid(key => key[0] ^= 1, null), Is.False);
            Assert.That(IsValid(key => key[31] ^= 0x80, null), Is.False);
        }

        [Test]
        public void S_must_be_below_the_order_of_the_base_point()
        {
            Assert.That(IsValid(null, AddToS(L)), Is.False);
            Assert.That(IsValid(null, AddToS(2 * L)), Is.False);
            Assert.That(IsValid(null, AddToS(8 * L)), Is.False);
            Assert.That(IsValid(null, Replace(32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")), Is.False);
            Assert.That(IsValid(null, Replace(32, new string('f', 64))), Is.False);
            Assert.That(IsValid(null, Replace(32, new string('0', 64))), Is.False);
        }

        [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
        [TestCase("0100000000000000000000000000000000000000000000000000000000000000")]
        [TestCase("0100000000000000000000000000000000000000000000000000000000000080")]
        [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
        [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
        [TestCase("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
        [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
        [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
        [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
        public void Points_of_small_order_and_other_encodings_are_no_keys(string point)
        {
            Assert.That(Ed25519.IsSound(FromHex(point)), Is.False);
            // With R = 0 and S = 0, a lax verifier accepts any message for such a key.
            Assert.That(IsValid(Replace(0, point), Replace(0, point + new string('0', 64))), Is.False);
            Assert.That(IsValid(null, Replace(0, point)), Is.False);
        }

        [Test]
        public void Keys_and_signatures_of_other_lengths_are_invalid_and_no_error()
        {
            Assert.That(Ed25519.Verify(new byte[31], new byte[0], FromHex(Signature)), Is.False);
            Assert.That(Ed25519.Verify(FromHex(Key), new byte[0], new byte[63]), Is.False);
            Assert.That(Ed25519.Verify(FromHex(Key), new byte[0], new byte[65]), Is.False);
        }

        [Test]
        public void A_key_that_is_no_point_on_the_curve_is_invalid_and_no_error() =>
            Assert.That(IsValid(Replace(0, "0200000000000000000000000000000000000000000000000000000000000000"), null), Is.False);
    }
}
