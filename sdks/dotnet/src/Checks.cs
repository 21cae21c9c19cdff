using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>
    /// Checks licenses. If the record allows the app to run, a check returns at once, and refreshes the record in the
    /// background when that is due. Otherwise it waits for the server.
    /// </summary>
    internal sealed class Checks
    {
        /// <summary>A refresh is due earlier by up to this part of its time, so that not all apps ask at once.</summary>
        private const double JitterMax = 0.1;
        /// <summary>A server may check the licenses of many customers with one client.</summary>
        private const int PausesMax = 1000;
        /// <summary>The time between two refreshes in the background, which fail or do not help if the clock is wrong.</summary>
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);
        private readonly Session session;
        private readonly double jitter = Retry.RandomShare() * JitterMax;
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly object gate = new object();
        private readonly Dictionary<string, Task<Refreshed>> running = new Dictionary<string, Task<Refreshed>>();
        private readonly Dictionary<string, TimeSpan> pausedUntil = new Dictionary<string, TimeSpan>();

        internal Checks(Session session) => this.session = session;

        internal async Task<LicenseState> CheckAsync(CheckRequest request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var subject = await session.ResolveAsync(request).ConfigureAwait(false);
            var judged = await JudgeWithJitterAsync(subject, cancellationToken).ConfigureAwait(false);
            var state = judged.State;
            if (subject.Key == null) return ExplainMissingKey(state).RequireFeatures(request.Features);
            if (state.Allowed && !request.Fresh)
            {
                if (judged.Refresh) RefreshInBackground(subject, request);
                return state.RequireFeatures(request.Features);
            }
            var attemptsMax = state.IsUsable ? 1 : (int?)null;
            var refresh = RefreshOnce(subject, request, attemptsMax);
            var refreshed = await WaitAsync(refresh, cancellationToken).ConfigureAwait(false);
            return refreshed.State.RequireFeatures(request.Features);
        }

        /// <summary>Completes when no refresh is running.</summary>
        internal async Task WhenIdleAsync()
        {
            Task[] tasks;
            lock (gate) tasks = running.Values.ToArray<Task>();
            await Task.WhenAll(tasks.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default))).ConfigureAwait(false);
        }

        private Task<Ruling> JudgeWithJitterAsync(Subject subject, CancellationToken cancellationToken) =>
            session.ChangeAsync(subject, evidence =>
            {
                var ruling = Judge.Rule(evidence, session.Now, null, session.JudgeOptionsFor(subject));
                var refresh = ruling.Refresh || IsAlmostDue(evidence);
                return Change.To(ruling.Record, new Ruling(ruling.State, ruling.Record, refresh));
            }, cancellationToken);

        private bool IsAlmostDue(Evidence evidence)
        {
            var lease = evidence.Tokens.FirstOrDefault(token => token.IsLease)?.Claims;
            if (lease != null) return session.Now >= lease.RefreshAfter - (lease.RefreshAfter - lease.IssuedAt) * jitter;
            var answer = evidence.Record.Answer;
            return answer != null && session.Now >= answer.At + session.RefreshSeconds * (1 - jitter);
        }

        private void RefreshInBackground(Subject subject, CheckRequest request)
        {
            lock (gate)
            {
                if (pausedUntil.TryGetValue(subject.RecordName, out var until) && watch.Elapsed < until) return;
                if (pausedUntil.Count >= PausesMax) pausedUntil.Clear();
                pausedUntil[subject.RecordName] = watch.Elapsed + Pause;
            }
            RefreshOnce(subject, request, 1).ContinueWith(
                task => session.Report(task.Exception.GetBaseException()), CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        /// <summary>Calls about the same record share one request.</summary>
        private Task<Refreshed> RefreshOnce(Subject subject, CheckRequest request, int? attemptsMax)
        {
            lock (gate)
            {
                if (running.TryGetValue(subject.RecordName, out var shared)) return shared;
                var refresh = Task.Run(() => RefreshAsync(subject, request, attemptsMax));
                running[subject.RecordName] = refresh;
                return refresh;
            }
        }

        private async Task<Refreshed> RefreshAsync(Subject subject, CheckRequest request, int? attemptsMax)
        {
            try
            {
                var refreshed = await session.RefreshAsync(subject, request, attemptsMax, CancellationToken.None).ConfigureAwait(false);
                if (refreshed.Failure != null) session.Report(refreshed.Failure);
                return refreshed;
            }
            finally
            {
                lock (gate) running.Remove(subject.RecordName);
            }
        }

        /// <summary>Ends the wait of one caller. Others may be waiting for the same task, so it goes on.</summary>
        private static async Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled) return await task.ConfigureAwait(false);
            var stop = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => stop.TrySetCanceled(cancellationToken)))
                return await (await Task.WhenAny(task, stop.Task).ConfigureAwait(false)).ConfigureAwait(false);
        }

        /// <summary>Says why there is no answer: without a license key, the server was not asked.</summary>
        private static LicenseState ExplainMissingKey(LicenseState state) =>
            state.Code == "NO_ANSWER" ? state.WithMessage("There is no license key yet.") : state;
    }
}
