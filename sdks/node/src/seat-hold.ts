import type { Context } from './context.ts'
import { LicetProblem } from './errors.ts'
import {
  type AcquireRequest,
  acquireSeat,
  presentSeat,
  releaseSeat,
  renewSeat,
  type Seat,
} from './seats.ts'

/** The next renewal is after this part of the lease, so that two may fail. */
const RENEW_AFTER = 1 / 3
const RETRY_AFTER = 1 / 10
const DELAY_MS_MIN = 200
const DELAY_MS_MAX = 3_600_000

/** A seat that renews itself until it is released. */
export interface SeatHold extends AsyncDisposable {
  /** The seat as it was renewed last. */
  readonly seat: Seat
  /** Is aborted, with the `LicetProblem` as its reason, when the server no longer grants a seat. */
  readonly signal: AbortSignal
  /** Ends the renewals and gives the seat back. If the server does not answer, the seat just lapses. */
  release(): Promise<void>
}

export interface HoldRequest extends Omit<AcquireRequest, 'borrowDays'> {}

/**
 * Acquires a seat and renews it in the background, also after an outage or a restart of the server. An
 * outage never ends it, whatever its length. Does not keep the process alive.
 */
export async function holdSeat(context: Context, request: HoldRequest): Promise<SeatHold> {
  const { signal: _, ...target } = request
  const once = { ...target, attemptsMax: 1 }
  let seat = await acquireSeat(context, request)
  let renewal: Promise<void> | null = null
  let isReleased = false
  const loss = new AbortController()
  let stopTimer = startTimer(renew, seat.leaseMs * RENEW_AFTER)

  function renew(): void {
    renewal = renewOrAcquire().finally(() => {
      renewal = null
    })
  }

  async function renewOrAcquire(): Promise<void> {
    let delayMs = seat.leaseMs * RETRY_AFTER
    try {
      seat = await renewSeat(context, seat.id, once).catch((error) => {
        if (!isUnknownSeat(error)) throw error
        return acquireSeat(context, target)
      })
      delayMs = seat.leaseMs * RENEW_AFTER
    } catch (error) {
      context.report(error)
      if (error instanceof LicetProblem) return loss.abort(error)
    }
    if (!isReleased) stopTimer = startTimer(renew, delayMs)
  }

  async function release(): Promise<void> {
    if (isReleased) return
    isReleased = true
    stopTimer()
    // A renewal that arrives after the release would acquire the seat again.
    await renewal
    if (!loss.signal.aborted) await releaseSeat(context, seat.id, once).catch(context.report)
  }

  return {
    get seat() {
      return presentSeat(seat)
    },
    signal: loss.signal,
    release,
    [Symbol.asyncDispose]: release,
  }
}

/** The seat was removed by hand, or a backup of the server was restored. */
function isUnknownSeat(error: unknown): boolean {
  return error instanceof LicetProblem && error.code === 'SEAT_NOT_FOUND'
}

/** Returns the function that stops the timer. */
function startTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(Math.max(delayMs, DELAY_MS_MIN), DELAY_MS_MAX))
  // Only Node has it: elsewhere, a timer keeps nothing alive.
  if (typeof timer === 'object') timer.unref()
  return () => clearTimeout(timer)
}
