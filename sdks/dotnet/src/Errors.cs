using System;
using System.Collections.Generic;
using System.Linq;

namespace Licet
{
    /// <summary>One field of a request that the server rejected.</summary>
    public sealed class FieldError
    {
        internal FieldError(string pointer, string detail)
        {
            Pointer = pointer;
            Detail = detail;
        }

        /// <summary>A JSON pointer into the body.</summary>
        public string Pointer { get; }

        /// <summary>What is wrong with it.</summary>
        public string Detail { get; }
    }

    /// <summary>An error of this library. Its message is a sentence for people.</summary>
    public abstract class LicetException : Exception
    {
        /// <summary>Only this library has errors of this kind.</summary>
        private protected LicetException(string message, Exception cause = null) : base(message, cause) { }

        /// <summary>A stable code, such as <c>DEVICE_LIMIT_REACHED</c> or <c>NO_ANSWER</c>.</summary>
        public abstract string Code { get; }

        /// <summary>How long the server asked to wait.</summary>
        public TimeSpan? RetryAfter { get; internal set; }
    }

    /// <summary>
    /// A request that the server answered with an error (RFC 9457). Also thrown for a refused activation,
    /// deactivation or seat, with the code of a verdict.
    /// </summary>
    public sealed class LicetProblemException : LicetException
    {
        /// <summary>A member of a wrong type counts as missing.</summary>
        internal LicetProblemException(int status, JsonObject problem, string requestId = null)
            : base(problem.GetString("detail") ?? $"The server answered with status {status}.")
        {
            Status = status;
            Code = problem.GetString("code") ?? $"HTTP_{status}";
            Details = problem.GetObject("details") ?? JsonObject.Empty;
            RequestId = problem.GetString("request_id") ?? requestId;
            Errors = (problem.GetList("errors") ?? new object[0]).OfType<JsonObject>()
                .Where(error => error.GetString("pointer") != null && error.GetString("detail") != null)
                .Select(error => new FieldError(error.GetString("pointer"), error.GetString("detail"))).ToList();
        }

        /// <summary>The HTTP status.</summary>
        public int Status { get; }

        /// <inheritdoc/>
        public override string Code { get; }

        /// <summary>A sentence that says what to do.</summary>
        public string Detail => Message;

        /// <summary>The fields that the server rejected.</summary>
        public IReadOnlyList<FieldError> Errors { get; }

        /// <summary>Facts about a refusal, such as <c>{"limit": 3, "used": 3}</c>.</summary>
        public JsonObject Details { get; }

        /// <summary>The ID of the request in the server's log, or null.</summary>
        public string RequestId { get; }
    }

    /// <summary>Why there is no answer.</summary>
    public enum NoAnswerReason
    {
        /// <summary>The server took too long.</summary>
        Timeout,
        /// <summary>The server could not be reached.</summary>
        Network,
        /// <summary>The server cannot answer at present: 408, 425, 429 or 5xx.</summary>
        Status,
        /// <summary>Something else than Licet answered, such as a captive portal.</summary>
        NotLicet,
        /// <summary>The response is larger than any of Licet.</summary>
        TooLarge,
        /// <summary>The response lacks the signature that was asked for.</summary>
        Signature,
    }

    /// <summary>The server gave no answer that counts. It never means that a license is invalid.</summary>
    public sealed class NoAnswerException : LicetException
    {
        internal NoAnswerException(NoAnswerReason reason, string message, int? status = null, Exception cause = null)
            : base(message, cause)
        {
            Reason = reason;
            Status = status;
        }

        /// <inheritdoc/>
        public override string Code => "NO_ANSWER";

        /// <summary>Why there is none.</summary>
        public NoAnswerReason Reason { get; }

        /// <summary>The HTTP status, or null.</summary>
        public int? Status { get; }
    }

    /// <summary>
    /// A token, license file or revocation feed that proves nothing. The code is one of the conformance suite, such
    /// as <c>SIGNATURE_INVALID</c>, <c>FINGERPRINT_MISMATCH</c> or <c>FILE_EXPIRED</c>.
    /// </summary>
    public sealed class TokenException : LicetException
    {
        internal TokenException(string code, string message) : base(message) => Code = code;

        /// <inheritdoc/>
        public override string Code { get; }
    }

    /// <summary>A request that Licet did not send, or sent too long ago. Answer it with status 400.</summary>
    public sealed class WebhookException : LicetException
    {
        internal WebhookException(string code, string message) : base(message) => Code = code;

        /// <summary>
        /// <c>HEADER_MISSING</c>, <c>TIMESTAMP_TOO_OLD</c>, <c>TIMESTAMP_TOO_NEW</c>, <c>SIGNATURE_INVALID</c> or
        /// <c>BODY_INVALID</c>.
        /// </summary>
        public override string Code { get; }
    }
}
