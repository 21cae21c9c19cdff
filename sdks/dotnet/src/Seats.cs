using System;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>A floating seat of this device.</summary>
    public sealed class Seat
    {
        internal Seat(string id, DateTimeOffset expiresAt, TimeSpan lease)
        {
            Id = id;
            ExpiresAt = expiresAt;
            Lease = lease;
        }

        /// <summary>The ID of the seat.</summary>
        public string Id { get; }

        /// <summary>When it ends, by the clock of the server. Renew it before.</summary>
        public DateTimeOffset ExpiresAt { get; }

        /// <summary>For how long the server has granted it, whatever the clock of this device says.</summary>
        internal TimeSpan Lease { get; }
    }

    /// <summary>
    /// Floating seats, which many devices share. All calls throw a <see cref="LicetProblemException"/> if the server
    /// refuses, such as with the code <c>SEAT_LIMIT_REACHED</c>, and a <see cref="NoAnswerException"/>.
    /// </summary>
    public sealed class Seats
    {
        private readonly Session session;

        internal Seats(Session session) => this.session = session;

        /// <summary>Acquires a seat for the device. Repeating it returns the same seat.</summary>
        public async Task<Seat> AcquireAsync(SeatRequest request = null, CancellationToken cancellationToken = default)
        {
            var subject = await session.ResolveSeatAsync(request).ConfigureAwait(false);
            var fields = new JsonObject().With("key", subject.RequireKey()).With("fingerprint", subject.Binding.Fingerprint)
                .With("name", request?.Name).With("borrow_days", request?.BorrowDays);
            // The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
            var signing = request?.BorrowDays == null ? Signing.Answer : Signing.Lease;
            var grant =
                await session.RequestAsync(subject, "/seats/acquire", fields, signing, null, cancellationToken).ConfigureAwait(false);
            var seat = ReadSeat(grant);
            if (grant.Verdict != null && signing == Signing.Lease)
                await session.JudgeAsync(subject, grant.Verdict, CancellationToken.None).ConfigureAwait(false);
            return seat;
        }

        /// <summary>Renews a seat. One that has lapsed is acquired again if one is free.</summary>
        public Task<Seat> RenewAsync(string id, SeatRequest request = null, CancellationToken cancellationToken = default) =>
            RenewAsync(id, request, null, cancellationToken);

        internal async Task<Seat> RenewAsync(string id, SeatRequest request, int? attemptsMax, CancellationToken cancellationToken)
        {
            var subject = await session.ResolveSeatAsync(request).ConfigureAwait(false);
            var fields = new JsonObject().With("key", subject.RequireKey()).With("id", id);
            var grant = await session.RequestAsync(
                subject, "/seats/renew", fields, Signing.Answer, attemptsMax, cancellationToken).ConfigureAwait(false);
            return ReadSeat(grant);
        }

        /// <summary>Gives a seat back, so that another device can use it.</summary>
        public Task ReleaseAsync(string id, SeatRequest request = null, CancellationToken cancellationToken = default) =>
            ReleaseAsync(id, request, null, cancellationToken);

        internal async Task ReleaseAsync(string id, SeatRequest request, int? attemptsMax, CancellationToken cancellationToken)
        {
            var subject = await session.ResolveSeatAsync(request).ConfigureAwait(false);
            var fields = new JsonObject().With("key", subject.RequireKey()).With("id", id);
            await session.RequestAsync(subject, "/seats/release", fields, Signing.Nothing, attemptsMax, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>
        /// Acquires a seat that renews itself until it is disposed, also after an outage, whatever its length.
        /// </summary>
        public async Task<SeatHold> HoldAsync(SeatRequest request = null, CancellationToken cancellationToken = default)
        {
            if (request?.BorrowDays != null) throw new ArgumentException("A borrowed seat needs no hold.", nameof(request));
            var seat = await AcquireAsync(request, cancellationToken).ConfigureAwait(false);
            return new SeatHold(this, session, request, seat);
        }

        /// <summary>With pinned keys, only the claims are read: a false server could prolong a seat without end.</summary>
        private Seat ReadSeat(Grant grant)
        {
            if (grant.Verdict == null) return ReadPlainSeat(grant.Body, grant.Outcome);
            var seat = grant.Verdict.Seat;
            if (seat == null) throw new NoAnswerException(NoAnswerReason.Signature, "The seat is not signed.");
            return new Seat(seat.Id, Times.FromSeconds(seat.End).Value, TimeSpan.FromSeconds(seat.End - grant.Verdict.At.Value));
        }

        private Seat ReadPlainSeat(JsonObject body, Outcome outcome)
        {
            var expiresAt = Times.Parse(Session.ReadMember(body, "expires_at"))
                ?? throw new NoAnswerException(NoAnswerReason.NotLicet, "\"expires_at\" is not a time.");
            var now = Times.ParseSeconds(outcome.Date) ?? session.Now;
            return new Seat(Session.ReadMember(body, "id"), expiresAt, expiresAt - Times.FromSeconds(now).Value);
        }
    }

    /// <summary>A seat that renews itself until it is disposed.</summary>
    public sealed class SeatHold : IDisposable
    {
        /// <summary>The next renewal is after this part of the lease, so that two may fail.</summary>
        private const double RenewAfter = 1 / 3d;
        private const double RetryAfter = 1 / 10d;
        private static readonly TimeSpan DelayMin = TimeSpan.FromMilliseconds(200);
        private static readonly TimeSpan DelayMax = TimeSpan.FromHours(1);
        private readonly Seats seats;
        private readonly Session session;
        private readonly SeatRequest request;
        private readonly CancellationTokenSource released = new CancellationTokenSource();
        private readonly CancellationTokenSource lost = new CancellationTokenSource();
        private readonly Task renewals;
        private volatile Seat seat;
        private int isReleased;

        internal SeatHold(Seats seats, Session session, SeatRequest request, Seat seat)
        {
            this.seats = seats;
            this.session = session;
            this.request = request;
            this.seat = seat;
            renewals = Task.Run(RenewAsync);
        }

        /// <summary>The seat as it was renewed last.</summary>
        public Seat Seat => seat;

        /// <summary>Is canceled when the server no longer grants a seat. <see cref="Refusal"/> says why.</summary>
        public CancellationToken Lost => lost.Token;

        /// <summary>Why the seat was lost, or null.</summary>
        public LicetProblemException Refusal { get; private set; }

        private async Task RenewAsync()
        {
            var share = RenewAfter;
            while (await WaitAsync(share).ConfigureAwait(false))
            {
                try
                {
                    seat = await RenewOrAcquireAsync().ConfigureAwait(false);
                    share = RenewAfter;
                }
                catch (Exception error)
                {
                    session.Report(error);
                    share = RetryAfter;
                    Refusal = error as LicetProblemException;
                    if (Refusal == null) continue;
                    TellThatItIsLost();
                    return;
                }
            }
        }

        /// <summary>A mistake in a callback of the app must not spoil the release.</summary>
        private void TellThatItIsLost()
        {
            try
            {
                lost.Cancel();
            }
            catch (AggregateException error)
            {
                session.Report(error);
            }
        }

        /// <summary>The seat may have been removed by hand, or a backup of the server restored.</summary>
        private async Task<Seat> RenewOrAcquireAsync()
        {
            try
            {
                return await seats.RenewAsync(seat.Id, request, 1, CancellationToken.None).ConfigureAwait(false);
            }
            catch (LicetProblemException problem) when (problem.Code == "SEAT_NOT_FOUND")
            {
                return await seats.AcquireAsync(request).ConfigureAwait(false);
            }
        }

        /// <summary>Returns whether a part of the lease has passed. False means that the seat was released.</summary>
        private async Task<bool> WaitAsync(double share)
        {
            var delay = TimeSpan.FromMilliseconds(seat.Lease.TotalMilliseconds * share);
            delay = delay < DelayMin ? DelayMin : delay > DelayMax ? DelayMax : delay;
            try
            {
                await Task.Delay(delay, released.Token).ConfigureAwait(false);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        /// <summary>Ends the renewals and gives the seat back. If the server does not answer, the seat just lapses.</summary>
        public async Task ReleaseAsync()
        {
            if (Interlocked.Exchange(ref isReleased, 1) == 1) return;
            released.Cancel();
            // A renewal that arrives after the release would acquire the seat again.
            await renewals.ConfigureAwait(false);
            if (lost.IsCancellationRequested) return;
            try
            {
                await seats.ReleaseAsync(seat.Id, request, 1, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                session.Report(error);
            }
        }

        /// <summary>For <c>await using</c> of C# 8 and later.</summary>
        public Task DisposeAsync() => ReleaseAsync();

        /// <summary>Releases the seat, and waits until the server has answered. Prefer <see cref="ReleaseAsync"/>.</summary>
        public void Dispose() => Task.Run(ReleaseAsync).GetAwaiter().GetResult();
    }
}
