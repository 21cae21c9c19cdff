import {
  isScheduledName,
  ownerOf,
  type StoredBackup,
  sortNewestFirst,
  timeOf,
} from './backup-names.ts'
import { DAY_MS, OVERTAKING_MAX_MS, SECOND_MS, toTimestamp } from './times.ts'

/** When a backup that has failed is tried again, unless another one is due before. */
const RETRY_MS = 900 * SECOND_MS
/** An interrupted backup is repeated at once this often, so that it cannot end the server each time. */
const INTERRUPTIONS_MAX = 2

/** A run of the schedule. `endedAtMs` is null while it runs, and if it was interrupted. */
export interface BackupAttempt {
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  readonly name: string | null
  readonly bytes: number | null
  /** Data that it lacks; null if none. */
  readonly warning: string | null
  /** A sentence for people; null if it succeeded. */
  readonly error: string | null
}

/** The memory between runs. */
export interface ScheduleState {
  /** The target of the last run. */
  readonly to: string
  readonly last: BackupAttempt | null
  readonly lastSuccessAtMs: number | null
  readonly lastSuccessBytes: number | null
  /** Runs that have failed since the last success. */
  readonly failures: number
  /** Why the last one of these has failed; null after a success. It stays while the next one runs. */
  readonly problem: string | null
  /** Whether `backup.failed` was sent for these failures. */
  readonly isAnnounced: boolean
  /** Runs without an end, one after another. */
  readonly interruptions: number
}

/** The schedule of backups with its last result. */
export interface BackupSchedule extends ScheduleState {
  /** Null if there is no schedule. */
  readonly cron: string | null
  readonly isEncrypted: boolean
  readonly includesUsage: boolean
  readonly keep: number | null
  readonly keepDays: number | null
  readonly nextAtMs: number | null
  readonly isRunning: boolean
}

/** The result of a run. `stopped`: the server was asked to stop, so it is repeated after the start. */
export type ScheduledRun =
  | {
      readonly outcome: 'made'
      readonly name: string
      readonly bytes: number
      readonly sha256: string
      readonly warning: string | null
      readonly deleted: readonly string[]
    }
  | { readonly outcome: 'failed'; readonly problem: string; readonly isAnnounced: boolean }
  | { readonly outcome: 'stopped' }

/** Returns the state of a schedule that has never run. */
export function buildScheduleState(to: string): ScheduleState {
  return {
    to,
    last: null,
    lastSuccessAtMs: null,
    lastSuccessBytes: null,
    failures: 0,
    problem: null,
    isAnnounced: false,
    interruptions: 0,
  }
}

/** Returns the next time of a pattern after another time; null if there is none. */
export type FindNext = (afterMs: number) => number | null

/**
 * Returns when the next run is due, which may have passed. A run that was missed is due once. The
 * first run, and the first one to another target, are due at once: they show whether it works.
 */
export function findNextRun(
  { last, to, interruptions }: ScheduleState,
  target: string,
  findNext: FindNext,
  nowMs: number,
): number | null {
  // A time in the future is from a clock that was ahead.
  if (last === null || to !== target || last.startedAtMs > nowMs + OVERTAKING_MAX_MS) return nowMs
  const retryMs = last.startedAtMs + RETRY_MS
  if (last.endedAtMs === null) return interruptions < INTERRUPTIONS_MAX ? nowMs : retryMs
  const nextMs = findNext(last.startedAtMs)
  if (last.error === null) return nextMs
  return nextMs === null ? retryMs : Math.min(nextMs, retryMs)
}

/** Returns the state when a run begins. */
export function beginAttempt(state: ScheduleState, to: string, nowMs: number): ScheduleState {
  const isRepeated = state.last !== null && state.last.endedAtMs === null
  return {
    ...state,
    to,
    interruptions: isRepeated ? state.interruptions + 1 : 0,
    last: {
      startedAtMs: nowMs,
      endedAtMs: null,
      name: null,
      bytes: null,
      warning: null,
      error: null,
    },
  }
}

/** Returns the state when a run has ended. */
export function endAttempt(state: ScheduleState, run: ScheduledRun, nowMs: number): ScheduleState {
  const { last } = state
  if (last === null || run.outcome === 'stopped') return state
  if (run.outcome === 'failed') {
    const failed = { ...last, endedAtMs: nowMs, error: run.problem }
    return { ...state, last: failed, failures: state.failures + 1, problem: run.problem }
  }
  const { name, bytes, warning } = run
  return {
    ...state,
    last: { ...last, endedAtMs: nowMs, name, bytes, warning },
    lastSuccessAtMs: nowMs,
    lastSuccessBytes: bytes,
    failures: 0,
    problem: null,
    isAnnounced: false,
  }
}

/** How many backups are kept, and for how many days. Null: this is no reason to keep one. */
export interface Retention {
  readonly keep: number | null
  readonly keepDays: number | null
}

/** The time by the clock, and a time that has certainly been reached. */
interface RetentionTimes {
  readonly nowMs: number
  readonly trustedMs: number
}

/**
 * Returns the backups to delete beside one that was just made and verified. A backup is kept if it is
 * among the newest `keep`, or not older than `keepDays` by the trusted time. Only names of the
 * schedule with the same owner are deleted, and none with a time in the future: it is from a clock that
 * was ahead.
 */
export function listExpired(
  backups: readonly StoredBackup[],
  created: Pick<StoredBackup, 'name'>,
  { keep, keepDays }: Retention,
  { nowMs, trustedMs }: RetentionTimes,
): readonly StoredBackup[] {
  const others = sortNewestFirst(backups).filter(
    (each) =>
      isScheduledName(each.name) &&
      ownerOf(each.name) === ownerOf(created.name) &&
      each.name !== created.name &&
      timeOf(each) <= nowMs + OVERTAKING_MAX_MS,
  )
  const oldestMs = keepDays === null ? null : trustedMs - keepDays * DAY_MS
  return others.filter((each, index) => {
    const isAmongNewest = keep !== null && index < keep - 1
    const isYoung = oldestMs !== null && timeOf(each) >= oldestMs
    return !isAmongNewest && !isYoung
  })
}

/** Returns what the event `backup.failed` says, in wire form. */
export function describeFailure({ to, lastSuccessAtMs }: ScheduleState, problem: string) {
  const lastSuccessAt = lastSuccessAtMs === null ? null : toTimestamp(lastSuccessAtMs)
  return { to, problem, last_success_at: lastSuccessAt }
}
