using System.Collections.Generic;
using System.Linq;

namespace Licet
{
    /// <summary>The request that an answer must belong to. What is null is not checked.</summary>
    internal sealed class Proof
    {
        internal static readonly Proof None = new Proof(null, null, null);

        internal Proof(string nonce, string requestBody, string route)
        {
            Nonce = nonce;
            RequestBody = requestBody;
            Route = route;
        }

        internal string Nonce { get; }
        internal string RequestBody { get; }
        internal string Route { get; }
    }

    /// <summary>The product, device and domain that a license must be for, unless it is for any.</summary>
    internal sealed class Binding
    {
        internal Binding(string product, string fingerprint, string domain)
        {
            Product = product;
            Fingerprint = fingerprint;
            Domain = domain;
        }

        internal string Product { get; }
        internal string Fingerprint { get; }
        internal string Domain { get; }
    }

    /// <summary>Steps 9–16 of the conformance suite, §Verification. A fault is a code, or null.</summary>
    internal static class Verification
    {
        /// <summary>A clock may be this far behind the floor, or behind the time at which a token was issued.</summary>
        internal const long ClockLeeway = 300;

        /// <summary>Opens a token and checks it in full. Throws a <see cref="TokenException"/>.</summary>
        internal static Token Verify(
            string text, string type, IReadOnlyList<string> publicKeys, Proof proof, Binding binding, Feed feed, long now)
        {
            var token = Token.Open(text, type, publicKeys);
            var fault = FindProofFault(token, proof, feed);
            if (fault == null && (type == TokenType.Lease || type == TokenType.File))
            {
                var issuedAt = token.Claims.IssuedAt;
                fault = FindBindingFault(token, binding, feed) ??
                    FindTimeFault(token, now < issuedAt - ClockLeeway ? issuedAt : now);
            }
            return fault == null ? token : throw new TokenException(fault, Explain(fault));
        }

        /// <summary>Steps 9–11: the key is not stolen, and the answer is ours.</summary>
        internal static string FindProofFault(Token token, Proof proof, Feed feed)
        {
            var claims = token.Claims;
            if (feed != null && feed.Keys.TryGetValue(token.KeyId, out var stolenSince) && claims.IssuedAt >= stolenSince) return "KEY_REVOKED";
            if (token.Type == TokenType.Revocations) return null;
            var needsNonce = proof.Nonce != null || token.Type == TokenType.Answer;
            if (needsNonce && (proof.Nonce == null || claims.Nonce != proof.Nonce)) return "NONCE_MISMATCH";
            if (proof.RequestBody != null && claims.RequestHash != Bytes.HashText(proof.RequestBody)) return "REQUEST_MISMATCH";
            return proof.Route != null && claims.Route as string != proof.Route ? "REQUEST_MISMATCH" : null;
        }

        /// <summary>Steps 12–15: the license is for this product, device and domain, and is not revoked.</summary>
        internal static string FindBindingFault(Token token, Binding binding, Feed feed)
        {
            var claims = token.Claims;
            var (fingerprint, domain) = (binding.Fingerprint, binding.Domain);
            if (binding.Product != null && claims.Product != binding.Product) return "PRODUCT_MISMATCH";
            if (claims.FingerprintHash != null && (fingerprint == null || claims.FingerprintHash != Bytes.HashText(fingerprint)))
                return "FINGERPRINT_MISMATCH";
            if (claims.Domains != null && (domain == null || !Domains.Cover(claims.Domains, domain))) return "DOMAIN_MISMATCH";
            var isRevoked = feed != null && claims.Activations.Concat(new[] { claims.LicenseId })
                .Any(id => feed.Revoked.TryGetValue(id, out var before) && claims.IssuedAt < before);
            return isRevoked ? "LICENSE_REVOKED" : null;
        }

        /// <summary>Step 16: the license has not expired.</summary>
        internal static string FindTimeFault(Token token, long time)
        {
            if (time < token.Claims.ExpiresAt) return null;
            return token.IsLease ? "LEASE_EXPIRED" : "FILE_EXPIRED";
        }

        /// <summary>Returns a fault in words for people.</summary>
        internal static string Explain(string fault)
        {
            switch (fault)
            {
                case "KEY_REVOKED": return "The license was signed with a stolen key. Ask for a new one.";
                case "NONCE_MISMATCH":
                case "REQUEST_MISMATCH": return "This is the answer to another request.";
                case "PRODUCT_MISMATCH": return "The license is for another product.";
                case "FINGERPRINT_MISMATCH": return "The license is for another device.";
                case "DOMAIN_MISMATCH": return "The license is for another domain.";
                case "LICENSE_REVOKED": return "The license has been revoked.";
                case "LEASE_EXPIRED": return "The license was not confirmed for too long. Connect to the internet.";
                case "FILE_EXPIRED": return "The license file has expired. Ask for a new one.";
                case "FEED_GAP": return "Import the earlier revocations first.";
                default: return "The license is incomplete or damaged.";
            }
        }
    }
}
