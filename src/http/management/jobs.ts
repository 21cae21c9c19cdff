import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { NoBody } from '~/wire/fields.ts'
import { JobList, JobRun, presentJobs, presentRun } from '~/wire/jobs.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

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
      async ({ params, server, request }) => {
        server?.timeout(request, 0)
        const run = requireFound('job', await jobs.run(params.name))
        if (run.error !== null) {
          const detail = `The job ${params.name} failed: ${run.error} The server log has more about it.`
          throw new Fault('job_failed', detail)
        }
        return presentRun(run)
      },
      {
        scope: 'jobs:run',
        operationId: 'runJob',
        idempotent: false,
        body: NoBody,
        ...answers(JobRun, 404, 409, 500, 503),
        summary: 'Run a background job now',
        description:
          'Responds when the job has ended: with 500 `job_failed` if it has failed, and with 409 `in_use` at once if it is already running.',
      },
    )
