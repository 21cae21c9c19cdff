import type { Static } from '@sinclair/typebox'
import type { JobRun as DomainRun, JobStatus } from '~/domain/jobs.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Time } from './fields.ts'
import { Type } from './type.ts'

const exampleRun = {
  started_at: '2026-03-06T12:00:30Z',
  duration_ms: 12,
  processed: 3,
  error: null,
}
const example = {
  name: 'clean-up',
  description: 'Deletes what has expired.',
  schedule: '30 * * * * *',
  running: false,
  last_run: exampleRun,
}

export const JobRun = Type.Response('JobRun', 'One round of a job.', exampleRun, {
  started_at: Time,
  duration_ms: Type.Count('How long it took.'),
  processed: Type.Count('The number of items.'),
  error: Type.Nullable(Type.Described('Why it failed; null if it has not.')),
})
export type JobRun = Static<typeof JobRun>

const Job = Type.Response('Job', 'Work that the server does in the background.', example, {
  name: Type.String(),
  description: Type.String(),
  schedule: Type.Described(
    'A cron pattern in UTC with seconds: second minute hour day month weekday.',
  ),
  running: Type.Boolean(),
  last_run: Type.Union([JobRun, Type.Null()], {
    description: 'The last round that has ended since the server was started.',
  }),
})

export const JobList = Type.Response(
  'JobList',
  'All jobs.',
  { data: [example] },
  {
    data: Type.Array(Job),
  },
)
export type JobList = Static<typeof JobList>

export function presentRun({ startedAtMs, durationMs, processed, error }: DomainRun): JobRun {
  return { started_at: toTimestamp(startedAtMs), duration_ms: durationMs, processed, error }
}

export function presentJobs(jobs: readonly JobStatus[]): JobList {
  const data = jobs.map(({ name, description, pattern, isRunning, lastRun }) => ({
    name,
    description,
    schedule: pattern,
    running: isRunning,
    last_run: lastRun && presentRun(lastRun),
  }))
  return { data }
}
