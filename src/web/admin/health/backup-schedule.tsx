import type { BackupSchedule as Schedule } from '~/wire/backups.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, count, formatBytes, Time } from '../../shared/format.tsx'
import { Loading, Notice } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { describeSchedule } from './schedules.ts'

const EVERY_MS = 15_000

/** When and where backups are made without being asked for, and how the last one went. */
export function BackupSchedule() {
  const loaded = useLoad('backup schedule', () => call(api.backups.schedule.get()), {
    everyMs: EVERY_MS,
  })
  return (
    <section class="part" aria-labelledby="backup-schedule">
      <div class="card-title">
        <div>
          <h2 id="backup-schedule">Scheduled backups</h2>
          <span class="muted small">
            The job back-up makes one at once, and shows whether the target works.
          </span>
        </div>
      </div>
      <Loading loaded={loaded} lines={4}>
        {(schedule) => (
          <div class="stack">
            <Warning schedule={schedule} />
            <Facts schedule={schedule} />
          </div>
        )}
      </Loading>
    </section>
  )
}

interface PartProps {
  readonly schedule: Schedule
}

function Warning({ schedule: { cron, failures, last } }: PartProps) {
  if (last?.error) {
    return (
      <Notice tone="bad">
        {failures === 1 ? 'The last backup failed' : `The last ${failures} backups failed`}:{' '}
        {last.error}
      </Notice>
    )
  }
  if (last?.warning) return <Notice tone="warn">{last.warning}</Notice>
  if (cron !== null) return null
  return (
    <Notice tone="warn">
      There is no schedule. Set <code>LICET_BACKUP_CRON</code>, such as <code>30 2 * * *</code>, and{' '}
      <code>LICET_BACKUP_TO</code>, so that backups are not on this disk only.
    </Notice>
  )
}

function Facts({ schedule }: PartProps) {
  const { cron, next_at: nextAt, last_success_at: successAt, last } = schedule
  return (
    <dl class="facts">
      <dt>Schedule</dt>
      <dd>{cron === null ? 'None' : describeSchedule(`0 ${cron}`)}</dd>
      <dt>Target</dt>
      <dd>
        {schedule.to}
        <div class="small muted">{describeContents(schedule)}</div>
      </dd>
      <dt>Kept</dt>
      <dd>{describeRetention(schedule)}</dd>
      <dt>Next</dt>
      <dd>
        {schedule.running ? 'Being made now' : nextAt === null ? 'None' : <Time at={nextAt} />}
      </dd>
      <dt>Last success</dt>
      <dd>
        {successAt === null ? 'None yet' : <Ago at={successAt} />}
        {last?.bytes != null && <span class="muted"> {formatBytes(last.bytes)}</span>}
      </dd>
    </dl>
  )
}

function describeContents({ encrypted, includes_usage: hasUsage }: Schedule): string {
  const parts = [encrypted ? 'Encrypted' : 'Not encrypted']
  return [...parts, hasUsage ? 'with the usage history' : 'without the usage history'].join(', ')
}

function describeRetention({ keep, keep_days: days }: Schedule): string {
  const parts = [
    keep !== null && `the newest ${keep}`,
    days !== null && `those of the last ${count(days, 'day')}`,
  ]
  const text = parts.filter(Boolean).join(', and ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
