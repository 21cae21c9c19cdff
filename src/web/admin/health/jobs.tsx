import type { JobList } from '~/wire/jobs.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, count, formatNumber } from '../../shared/format.tsx'
import { Badge, Loading, ProblemNotice } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { describeSchedule } from './schedules.ts'

type Job = JobList['data'][number]

const EVERY_MS = 15_000

/** The background jobs, each with its last run. */
export function Jobs() {
  const canRun = useCan()('jobs:run')
  const loaded = useLoad('jobs', () => call(api.jobs.get()), { everyMs: EVERY_MS })
  const action = useAction(async (headers, name: string) => {
    const run = await call(api.jobs({ name }).run.post({}, { headers }))
    toast(`${name} has run: ${count(run.processed, 'item')}.`)
    loaded.reload()
  })
  const columns: Column<Job>[] = [
    {
      label: 'Job',
      kind: 'title',
      cell: ({ name, description }) => (
        <span class="job-name">
          {name}
          <span class="muted small">{description}</span>
        </span>
      ),
    },
    { label: 'Schedule', cell: ({ schedule }) => describeSchedule(schedule) },
    { label: 'Last run', cell: (job) => <LastRun job={job} /> },
    {
      label: 'Items',
      kind: 'number',
      cell: ({ last_run: run }) => run !== null && formatNumber(run.processed),
    },
    {
      label: 'Took',
      kind: 'number',
      cell: ({ last_run: run }) => run !== null && `${formatNumber(run.duration_ms)} ms`,
    },
  ]
  if (canRun) {
    columns.push({
      label: 'Actions',
      kind: 'actions',
      cell: ({ name }) => (
        <button
          type="button"
          class="plain tight"
          disabled={action.isBusy}
          onClick={() => action.run(name)}
        >
          Run now<span class="only-read"> {name}</span>
        </button>
      ),
    })
  }
  return (
    <section class="part" aria-labelledby="jobs">
      <div class="card-title">
        <h2 id="jobs">Jobs</h2>
      </div>
      <div class="stack">
        <ProblemNotice problem={action.problem} />
        <Loading loaded={loaded} lines={34}>
          {({ data }) => (
            <Table caption="Jobs" columns={columns} rows={data} keyOf={({ name }) => name} />
          )}
        </Loading>
      </div>
    </section>
  )
}

function LastRun({ job: { running, last_run: run } }: { job: Job }) {
  if (running) return <Badge>Running</Badge>
  if (run === null) return <span class="muted">Not since the start</span>
  if (run.error === null) return <Ago at={run.started_at} />
  return (
    <span class="row">
      <Badge tone="bad">Failed</Badge>
      <Ago at={run.started_at} />
      <span class="small">{run.error}</span>
    </span>
  )
}
