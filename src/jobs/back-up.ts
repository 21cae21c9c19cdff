import type { Deps } from '~/deps.ts'
import { buildJobActor } from '~/domain/actors.ts'
import { describeChange } from '~/domain/audit-values.ts'
import { type BackupSchedule, describeFailure } from '~/domain/backup-schedule.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { RecordedAction } from '~/store/audit-port.ts'
import type { Job } from './job.ts'

const name = 'back-up'

type RecordDeps = Pick<Deps, 'store' | 'clock' | 'log'>

export const backUp: Job = {
  name,
  pattern: '0 * * * * *',
  runsOn: 'one server',
  description: 'Makes a backup at the times of LICET_BACKUP_CRON.',
  isDue: ({ backups, clock }) => backups.scheduled.isDue(clock.nowMs()),
  async run(deps, signal) {
    const { clock, metrics } = deps
    const { scheduled } = deps.backups
    const run = await scheduled.run(clock, signal)
    if (run.outcome === 'stopped') return 0
    const schedule = scheduled.describe(clock.nowMs())
    if (run.outcome === 'failed') {
      metrics.backupFailures.inc()
      // Once for failures in a row: they are tried again every few minutes.
      const isNoted =
        run.isAnnounced || (await record(deps, describeProblem(schedule, run.problem)))
      if (isNoted) scheduled.noteAnnouncement()
      throw new Fault('job_failed', run.problem)
    }
    const { name: subjectId, bytes, sha256, warning, deleted } = run
    const change = describeChange('backup', null, { to: schedule.to, bytes, sha256, warning })
    await record(deps, { action: 'backup.create', subjectId, change })
    for (const old of deleted) {
      const was = describeChange('backup', { to: schedule.to }, null)
      await record(deps, { action: 'backup.delete', subjectId: old, change: was })
    }
    return 1
  },
}

function describeProblem(schedule: BackupSchedule, problem: string): RecordedAction {
  const { to } = schedule
  const extra = { backup: describeFailure(schedule, problem) }
  return {
    action: 'backup.fail',
    subjectId: 'backup',
    change: describeChange('backup', null, { to, problem }),
    events: [{ type: 'backup.failed', licenseId: null, extra }],
  }
}

/** Returns whether it was recorded. A backup is needed most while the database cannot be written. */
async function record({ store, clock, log }: RecordDeps, action: RecordedAction): Promise<boolean> {
  try {
    const context = buildOwnContext(buildJobActor(name), clock.nowMs())
    await store.audit.record(action, null, context)
    return true
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    log.warn({ ...action, err: error }, 'the audit lacks an action')
    return false
  }
}
