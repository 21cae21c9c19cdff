using System.Collections.Generic;

namespace Licet
{
    /// <summary>A response, or the reason why there is none.</summary>
    internal sealed class Outcome
    {
        internal Outcome(NoAnswerException failure) => Failure = failure;

        internal Outcome(int status, string date, string body)
        {
            Status = status;
            Date = date;
            Body = body;
        }

        internal NoAnswerException Failure { get; }
        internal int Status { get; }
        /// <summary>The Date header, or null.</summary>
        internal string Date { get; }
        internal string Body { get; }
    }

    /// <summary>The verdict in an outcome, or why there is none.</summary>
    internal readonly struct Reading
    {
        internal readonly Verdict Verdict;
        internal readonly LicetException Failure;

        internal Reading(Verdict verdict, LicetException failure)
        {
            Verdict = verdict;
            Failure = verdict == null ? failure : null;
        }
    }

    /// <summary>What a server decided. <see cref="License"/> is null if it refused.</summary>
    internal sealed class Verdict
    {
        internal License License { get; private set; }
        internal IReadOnlyList<string> Warnings { get; private set; }
        /// <summary>When the server decided, in seconds; null if it did not say.</summary>
        internal long? At { get; private set; }
        /// <summary>The signed lease, with its text, or null.</summary>
        internal Token Lease { get; private set; }
        internal string LeaseText { get; private set; }
        /// <summary>The seat that was granted, if the server has signed one.</summary>
        internal SeatClaim Seat { get; private set; }
        /// <summary>The response, if it needs no signature.</summary>
        internal PlainVerdict Plain { get; private set; }
        internal string Code { get; private set; }
        internal string Message { get; private set; }
        internal JsonObject Details { get; private set; }

        internal bool IsValid => License != null;

        /// <summary>
        /// Reads the outcome of a validation (conformance suite, §The judge, 1). With pinned keys, only a signed answer
        /// is a verdict, and nothing beside it is read.
        /// </summary>
        internal static Reading Read(Outcome outcome, IReadOnlyList<string> publicKeys, string product, Proof proof, Feed feed)
        {
            if (outcome.Failure != null) return new Reading(null, outcome.Failure);
            var body = Json.ParseObject(outcome.Body) ?? JsonObject.Empty;
            var failure = ReadError(outcome.Status, body);
            if (outcome.Status != 200 && outcome.Status != 404) return new Reading(null, failure);
            if (publicKeys.Count == 0) return new Reading(ReadPlain(outcome, body), failure);
            try
            {
                return new Reading(ReadSigned(body.GetString("signed"), publicKeys, product, proof, feed), null);
            }
            catch (TokenException error)
            {
                var isProblem = failure is LicetProblemException;
                return new Reading(null, isProblem ? failure : new NoAnswerException(NoAnswerReason.Signature, error.Message));
            }
        }

        /// <summary>Returns what a response reports that grants nothing: a problem, or nothing that counts.</summary>
        internal static LicetException ReadError(int status, JsonObject body)
        {
            if (status >= 400 && status < 500 && body.GetString("code") != null) return new LicetProblemException(status, body);
            return new NoAnswerException(NoAnswerReason.NotLicet, $"The response with status {status} does not come from Licet.", status);
        }

        private static Verdict ReadPlain(Outcome outcome, JsonObject body)
        {
            var at = Times.ParseSeconds(outcome.Date);
            var plain = outcome.Status == 200 ? PlainVerdict.Parse(body) : null;
            if (plain != null) return new Verdict { License = plain.License, Warnings = plain.Warnings, At = at, Plain = plain };
            var (code, message) = (body.GetString("error"), body.GetString("message"));
            if (!Equals(body["valid"], false) || code == null || message == null) return null;
            return new Verdict { Code = code, Message = message, Details = body.GetObject("details") ?? JsonObject.Empty, At = at };
        }

        private static Verdict ReadSigned(string signed, IReadOnlyList<string> publicKeys, string product, Proof proof, Feed feed)
        {
            if (signed == null) throw new TokenException("MALFORMED", "The response is not signed.");
            var token = Token.OpenEither(signed, TokenType.Lease, TokenType.Answer, publicKeys);
            var claims = token.Claims;
            var fault = Verification.FindProofFault(token, proof, feed);
            if (fault != null) throw new TokenException(fault, $"The signature proves nothing: {fault}.");
            if (!claims.IsValid)
                return new Verdict { Code = claims.Error, Message = claims.Message, Details = claims.Details, At = claims.IssuedAt };
            if (product != null && claims.Product != product)
                throw new TokenException("PRODUCT_MISMATCH", "The signed answer is about another product.");
            return new Verdict
            {
                License = License.Read(claims),
                Warnings = claims.Warnings,
                At = claims.IssuedAt,
                Lease = token.IsLease ? token : null,
                LeaseText = token.IsLease ? signed : null,
                Seat = claims.Seat,
            };
        }
    }
}
