import type { Deps } from '~/deps.ts'
import { describeChange } from '~/domain/audit-values.ts'
import { Fault } from '~/domain/faults.ts'
import { NoBody } from '~/wire/fields.ts'
import { JobList, JobRun, presentJobs, presentRun } from '~/wire/jobs.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const resource = { noun: 'job', present: presentRun, actsBefore: true }

export const jobRoutes = ({ jobs }: Pick<Deps, 'jobs'>, routes: ScopedRoutes) =>
  routes('/jobs', 'Operations')
    .get('', () => presentJobs(jobs.list()), {
      scope: 'jobs:read',
      operationId: 'listJobs',
      ...answers(JobList),
      summary: 'List the background jobs with their schedules and last runs',
    })
    .post(
      '/:name/run',
      ({ params: { name }, server, request, command }) => {
        server?.timeout(request, 0)
        return command.run(resource, async (context) => {
          const run = requireFound('job', await jobs.run(name))
          const { error, processed } = run
          const values = { processed, failed: error !== null }
          const change = describeChange('job', null, values)
          const action = { action: 'job.run', subjectId: name, change }
          if (error === null) return command.recordAfter(action, run, context)
          await command.recordAfter(action, run)
          const detail = `The job ${name} failed: ${error} The server log has more about it.`
          throw new Fault('job_failed', detail)
        })
      },
      {
        scope: 'jobs:run',
        operationId: 'runJob',
        body: NoBody,
        ...answers(JobRun, 404, 409, 500, 503),
        summary: 'Run a background job now',
        description:
          'Responds when the job has ended: with 500 `job_failed` if it has failed, and with 409 `in_use` at once if it is already running.',
      },
    )
