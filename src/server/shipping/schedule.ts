import { setTimeout as sleep } from 'node:timers/promises'
import { buildScheduledName } from '~/domain/backup-names.ts'
import {
  type BackupSchedule,
  beginAttempt,
  endAttempt,
  findNextRun,
  type ScheduledRun,
  type ScheduleState,
} from '~/domain/backup-schedule.ts'
import { Fault } from '~/domain/faults.ts'
import { HOUR_MS } from '~/domain/times.ts'
import type { TimeSource } from '~/domain/trusted-time.ts'
import type { BackupKey, BackupSettings } from '~/platform/config-backups.ts'
import { findNextTime } from '~/platform/cron.ts'
import { recordBackup } from '~/platform/last-backup.ts'
import type { Log } from '~/platform/log.ts'
import type { ScheduledBackups } from '~/store/backups-port.ts'
import type { BackupTasks } from '../backup-tasks.ts'
import { openOwner } from './owner.ts'
import type { Shipped } from './ship.ts'
import { readScheduleState, writeScheduleState } from './state.ts'
import { openTarget } from './target.ts'
import { isWorkspaceInUse } from './workspace.ts'

/** A backup that takes longer, or a command that waits for a passphrase, is reported instead. */
const TURN_MAX_MS = HOUR_MS
const TURN_CHECK_MS = 200

export interface ScheduleOptions {
  readonly dataDir: string
  readonly settings: BackupSettings
  readonly key: BackupKey | null
  readonly tasks: BackupTasks
  /** Writes to disk what is still in memory. */
  readonly flush: () => Promise<void>
  readonly log: Log
  /** Whether this process is the server: a command prints only what goes wrong. */
  readonly isLocked: boolean
}

/** The backups that are made on a schedule, and brought to their target. */
export function createSchedule(options: ScheduleOptions): ScheduledBackups {
  const { dataDir, settings, key } = options
  const { cron } = settings
  const { name: to } = openTarget(settings.to, dataDir)
  const state = createState(options)
  let isRunning = false
  const findNext = (nowMs: number) =>
    cron === null
      ? null
      : findNextRun(state.read(), to, (afterMs) => findNextTime(cron, afterMs), nowMs)

  return {
    isDue: (nowMs) => {
      const nextMs = isRunning ? null : findNext(nowMs)
      // A command may be making one, or restoring one for a check.
      return nextMs !== null && nextMs <= nowMs && !isWorkspaceInUse(dataDir)
    },
    describe: (nowMs): BackupSchedule => ({
      ...state.read(),
      to,
      cron,
      isEncrypted: key !== null,
      includesUsage: settings.includesUsage,
      keep: settings.keep,
      keepDays: settings.keepDays,
      nextAtMs: findNext(nowMs),
      isRunning,
    }),
    run: async (clock, signal) => {
      const runNow = async () => {
        const attempt = createAttempt(state, to, clock)
        const run = await runOnce(options, clock, signal, attempt)
        attempt.end(run)
        return run
      }
      isRunning = true
      try {
        // A server tries again within a minute.
        return options.isLocked ? await runNow() : await takeTurn(options, runNow, signal)
      } finally {
        isRunning = false
      }
    },
    noteAnnouncement: () => state.write({ ...state.read(), isAnnounced: true }),
  }
}

/** Makes a backup after those that other processes are making. */
async function takeTurn(
  options: ScheduleOptions,
  run: () => Promise<ScheduledRun>,
  signal: AbortSignal,
) {
  const { dataDir, log } = options
  const deadlineMs = performance.now() + TURN_MAX_MS
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await run()
    } catch (error) {
      const isInUse = error instanceof Fault && error.kind === 'in_use'
      if (!isInUse || performance.now() > deadlineMs) throw error
      if (isFirst) log.warn('waiting for another backup to end')
    }
    while (isWorkspaceInUse(dataDir) && performance.now() < deadlineMs && !signal.aborted) {
      await sleep(TURN_CHECK_MS)
    }
  }
}

/** An attempt counts only once no other process can make a backup: the state is shared with it. */
function createAttempt(state: SavedState, to: string, clock: TimeSource) {
  let hasBegun = false
  const begin = () => {
    if (!hasBegun) state.write(beginAttempt(state.read(), to, clock.nowMs()))
    hasBegun = true
  }
  return {
    begin,
    isAnnounced: () => state.read().isAnnounced,
    end: (run: ScheduledRun) => {
      if (run.outcome !== 'stopped') begin()
      state.write(endAttempt(state.read(), run, clock.nowMs()))
    },
  }
}

type Attempt = ReturnType<typeof createAttempt>
type SavedState = ReturnType<typeof createState>

/** On a full disk, the state is only in memory. */
function createState({ dataDir, log }: ScheduleOptions) {
  let unsaved: ScheduleState | null = null
  return {
    read: () => unsaved ?? readScheduleState(dataDir),
    write: (state: ScheduleState) => {
      try {
        writeScheduleState(dataDir, state)
        unsaved = null
      } catch (error) {
        unsaved = state
        log.warn({ err: error }, 'the state of scheduled backups was not saved')
      }
    },
  }
}

async function runOnce(
  options: ScheduleOptions,
  clock: TimeSource,
  signal: AbortSignal,
  attempt: Attempt,
): Promise<ScheduledRun> {
  const { dataDir, key, tasks, log, isLocked } = options
  const cancel = () => void tasks.cancel()
  signal.addEventListener('abort', cancel)
  const startedAtMs = performance.now()
  try {
    const owner = openOwner(dataDir, (warning) => log.warn(warning))
    const name = buildScheduledName(clock.nowMs(), owner, key !== null)
    const shipped = await tasks.queue(() => shipInWorker(options, clock, signal, name, attempt))
    const { bytes, sha256, warning, deleted, notDeleted } = shipped
    const ms = Math.round(performance.now() - startedAtMs)
    log[isLocked ? 'info' : 'debug']({ backup: name, bytes, ms }, 'scheduled backup made')
    if (warning !== null) log.warn({ backup: name }, warning)
    if (notDeleted.length > 0) log.warn({ reasons: notDeleted }, 'old backups were not deleted')
    record(options, clock.nowMs())
    return { outcome: 'made', name, bytes, sha256, warning, deleted }
  } catch (error) {
    if (signal.aborted) return { outcome: 'stopped' }
    if (error instanceof Fault && error.kind === 'in_use') throw error
    if (!(error instanceof Fault)) log.error({ err: error }, 'the scheduled backup failed')
    const problem = error instanceof Fault ? error.message : 'An internal error occurred.'
    return { outcome: 'failed', problem, isAnnounced: attempt.isAnnounced() }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function shipInWorker(
  { dataDir, settings, key, tasks, flush }: ScheduleOptions,
  clock: TimeSource,
  signal: AbortSignal,
  name: string,
  attempt: Attempt,
): Promise<Shipped> {
  // Without the usage file, the backup lacks some counters, and says so.
  await flush().catch(() => undefined)
  signal.throwIfAborted()
  const { keep, keepDays, includesUsage, to: location } = settings
  const times = { nowMs: clock.nowMs(), trustedMs: clock.trustedMs() }
  const retention = { keep, keepDays, ...times }
  const shipment = { dataDir, location, name, key, includesUsage, retention }
  return (await tasks.run({ kind: 'ship', shipment }, 'shipped', attempt.begin)).shipped
}

/** The backup is complete, even if this cannot be recorded. */
function record({ dataDir, log }: ScheduleOptions, nowMs: number): void {
  try {
    recordBackup(dataDir, nowMs)
  } catch (error) {
    log.warn({ err: error }, 'the time of the last backup was not recorded')
  }
}
