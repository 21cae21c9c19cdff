import type { Context } from './context.ts'
import { type Evidence, judge, requireFeatures } from './judge.ts'
import type { Cancelable, Target } from './options.ts'
import { nameRecord } from './record.ts'
import { changeRecord, isUsable } from './records.ts'
import { type DeviceNotes, type Refreshed, refreshRecord } from './refresh.ts'
import type { State } from './state.ts'
import { resolveSubject, type Subject } from './subjects.ts'

/** A refresh is due earlier by up to this part of its time, so that not all apps ask at once. */
const JITTER_MAX = 0.1
/** The time between two refreshes in the background, which fail or do not help if the clock is wrong. */
const PAUSE_MS = 60_000
/** A server may check the licenses of many customers with one client. */
const PAUSES_MAX = 1000

export interface CheckRequest extends Target, DeviceNotes, Cancelable {
  /** The names of features without which the state is `refused`. */
  readonly features?: readonly string[] | undefined
  /** Waits for the server even if the record allows the app to run. */
  readonly fresh?: boolean | undefined
}

export interface Checks {
  check(request: CheckRequest): Promise<State>
  /** Resolves when no refresh is running. */
  whenIdle(): Promise<void>
}

/**
 * Checks licenses. If the record allows the app to run, a check returns at once, and refreshes the
 * record in the background when that is due. Otherwise it waits for the server.
 */
export function createChecks(context: Context): Checks {
  const jitter = Math.random() * JITTER_MAX
  const running = new Map<string, Promise<Refreshed>>()
  const pausedUntilMs = new Map<string, number>()

  async function check(request: CheckRequest): Promise<State> {
    const { features = [], fresh = false, signal } = request
    signal?.throwIfAborted()
    const subject = await resolveSubject(context, request)
    const { state, refresh } = await judgeWithJitter(context, subject, jitter)
    if (subject.key === null) return requireFeatures(explainMissingKey(state), features)
    if (state.allowed && !fresh) {
      if (refresh) refreshInBackground(subject, request)
      return requireFeatures(state, features)
    }
    const attemptsMax = isUsable(state) ? 1 : undefined
    const refreshed = await waitFor(refreshOnce(subject, request, attemptsMax), signal)
    return requireFeatures(refreshed.state, features)
  }

  async function whenIdle(): Promise<void> {
    await Promise.allSettled(running.values())
  }

  function refreshInBackground(subject: Subject, notes: DeviceNotes): void {
    const name = nameRecord(subject)
    if (performance.now() < (pausedUntilMs.get(name) ?? 0)) return
    if (pausedUntilMs.size >= PAUSES_MAX) pausedUntilMs.clear()
    pausedUntilMs.set(name, performance.now() + PAUSE_MS)
    refreshOnce(subject, notes, 1).catch(context.report)
  }

  /** Calls about the same record share one request. */
  function refreshOnce(subject: Subject, notes: DeviceNotes, attemptsMax: number | undefined) {
    const name = nameRecord(subject)
    const shared = running.get(name) ?? refresh(name, subject, notes, attemptsMax)
    running.set(name, shared)
    return shared
  }

  async function refresh(
    name: string,
    subject: Subject,
    notes: DeviceNotes,
    attemptsMax: number | undefined,
  ): Promise<Refreshed> {
    try {
      const refreshed = await refreshRecord(context, subject, notes, { attemptsMax })
      if (refreshed.failure !== null) context.report(refreshed.failure)
      return refreshed
    } finally {
      running.delete(name)
    }
  }

  return { check, whenIdle }
}

function judgeWithJitter(context: Context, subject: Subject, jitter: number) {
  return changeRecord(context, subject, (evidence) => {
    const ruling = judge(evidence, context.now(), null, { ...context, ...subject })
    return { ...ruling, refresh: ruling.refresh || isAlmostDue(evidence, context, jitter) }
  })
}

function isAlmostDue({ record, tokens }: Evidence, context: Context, jitter: number): boolean {
  const now = context.now()
  const lease = tokens.find(({ type }) => type === 'licet-lease+jwt')?.claims
  if (lease !== undefined) return now >= lease.rfa - (lease.rfa - lease.iat) * jitter
  const { answer } = record
  return answer !== null && now >= answer.at + context.refreshSeconds * (1 - jitter)
}

/** Ends the wait of one caller. Others may be waiting for the same promise, so it goes on. */
function waitFor<Result>(promise: Promise<Result>, signal: AbortSignal | undefined) {
  if (signal === undefined) return promise
  return new Promise<Result>((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Says why there is no answer: without a license key, the server was not asked. */
function explainMissingKey(state: State): State {
  return state.code === 'NO_ANSWER' ? { ...state, message: 'There is no license key yet.' } : state
}
