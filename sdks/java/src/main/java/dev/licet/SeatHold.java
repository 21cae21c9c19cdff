package dev.licet;

import dev.licet.internal.Calls;
import dev.licet.internal.Calls.TimedSeat;
import dev.licet.internal.Session;
import dev.licet.internal.Threads;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A seat that renews itself in the background, also after an outage or a restart of the server. An outage
 * never ends it, whatever its length. It does not keep the process alive.
 */
public final class SeatHold implements AutoCloseable {
    /** The next renewal is after this part of the lease, so that two may fail. */
    private static final int RENEW_AFTER = 3;
    /** After a failure, it is after this part. */
    private static final int RETRY_AFTER = 10;
    private static final long DELAY_MS_MIN = 200;
    private static final long DELAY_MS_MAX = TimeUnit.HOURS.toMillis(1);

    private final Calls calls;
    private final Request request;
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final CompletableFuture<LicetProblemException> lost = new CompletableFuture<>();
    private final Thread renewals;
    private volatile TimedSeat held;

    SeatHold(Calls calls, Request request) {
        this.calls = calls;
        // A borrowed seat would not come back at the end.
        this.request = new Request(
                request.key(),
                request.domain(),
                request.fingerprint(),
                request.anyDevice(),
                request.name(),
                request.version(),
                request.features(),
                request.fresh(),
                null);
        held = calls.acquireSeat(this.request);
        renewals = Threads.create(this::keepRenewing);
        renewals.start();
    }

    /** Returns the seat as it was renewed last. */
    public Seat seat() {
        return held.seat();
    }

    /**
     * Returns what is completed, with the refusal, when the server no longer grants a seat.
     *
     * @return a stage, such as for {@code hold.lost().thenAccept(problem -> …)}
     */
    public CompletionStage<LicetProblemException> lost() {
        return lost.minimalCompletionStage();
    }

    /** Whether the server no longer grants a seat. */
    public boolean isLost() {
        return lost.isDone();
    }

    /** Ends the renewals and gives the seat back. If the server does not answer, the seat just lapses. */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        released.countDown();
        try {
            // A renewal that arrives after the release would acquire the seat again.
            renewals.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        if (isLost()) {
            return;
        }
        try {
            calls.releaseSeat(seat().id(), request, 1);
        } catch (LicetException e) {
            calls.report(e);
        }
    }

    private void keepRenewing() {
        try {
            Duration delay = held.lease().dividedBy(RENEW_AFTER);
            while (!isLost() && !released.await(limit(delay), TimeUnit.MILLISECONDS)) {
                delay = renew();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long limit(Duration delay) {
        return Math.min(Math.max(delay.toMillis(), DELAY_MS_MIN), DELAY_MS_MAX);
    }

    /** Returns the time until the next renewal. */
    private Duration renew() {
        try {
            held = renewOrAcquire();
            return held.lease().dividedBy(RENEW_AFTER);
        } catch (LicetProblemException e) {
            calls.report(e);
            lost.complete(e);
        } catch (RuntimeException e) {
            calls.report(e);
        }
        return held.lease().dividedBy(RETRY_AFTER);
    }

    /** A seat is unknown if it was removed by hand, or a backup of the server was restored. */
    private TimedSeat renewOrAcquire() {
        try {
            return calls.renewSeat(seat().id(), request, 1);
        } catch (LicetProblemException e) {
            if (!e.code().equals("SEAT_NOT_FOUND")) {
                throw e;
            }
            return calls.acquireSeat(request);
        }
    }
}
