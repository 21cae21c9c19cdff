import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { schedule } from '~/jobs/schedule.ts'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp } from '../../support/app.ts'
import { startEngineServer } from '../../support/engine-server.ts'
import { expectProblem } from '../../support/problems.ts'
import { Sandbox, type ServerProcess } from '../../support/server.ts'

// A job gives up on a locked database only after a while.
setDefaultTimeout(30_000)

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const PATH = '/api/v1/jobs'
/** A job that is due once an hour, so that the schedule does not interfere. */
const HOURLY = 'announce-expiries'

interface ShownJob {
  readonly name: string
  readonly running: boolean
  readonly last_run: unknown
}

async function findJob(server: ServerProcess, name: string) {
  const { body } = await server.send('GET', PATH)
  const job: ShownJob | undefined = body.data.find((each: ShownJob) => each.name === name)
  return job
}

/** Waits until the job has run at startup. */
async function waitForFirst(server: ServerProcess, name: string): Promise<void> {
  while (((await findJob(server, name))?.last_run ?? null) === null);
}

/** Creates a license that gives the job something to do. */
async function createExpiring(server: ServerProcess): Promise<{ readonly id: string }> {
  const soon = new Date(Date.now() + 86_400_000).toISOString()
  const order = { plan: 'starter', customer_email: 'dev@example.com', expires_at: soon }
  return (await server.send('POST', '/api/v1/licenses', order)).body
}

test('jobs: the list has every job with its schedule, and how its last round ended', async () => {
  await using server = await startEngineServer(sandbox, 'list')
  await waitForFirst(server, HOURLY)
  const { status, body } = await server.send('GET', PATH)
  expect(status).toBe(200)
  expect(body.data.map(({ name }: ShownJob) => name)).toEqual(schedule.map(({ name }) => name))
  expect(body.data[0].schedule).toBe('* * * * * *')
  const job = await findJob(server, HOURLY)
  expect(job).toMatchObject({ running: false, last_run: { processed: 0, error: null } })
})

test('jobs: a job that is run by hand does its work and says how much', async () => {
  await using server = await startEngineServer(sandbox, 'by-hand')
  await waitForFirst(server, HOURLY)
  const license = await createExpiring(server)
  const { status, body } = await server.send('POST', `${PATH}/${HOURLY}/run`)
  expect([status, body.processed, body.error]).toEqual([200, 1, null])
  const { body: events } = await server.send('GET', `/api/v1/licenses/${license.id}/events`)
  expect(events.data[0].type).toBe('license.expiring')
  expect((await findJob(server, HOURLY))?.last_run).toEqual(body)
  expect((await server.send('POST', `${PATH}/${HOURLY}/run`)).body.processed).toBe(0)
})

test('jobs: a job that is running is refused, and its failure is reported with its reason', async () => {
  await using server = await startEngineServer(sandbox, 'locked')
  await waitForFirst(server, HOURLY)
  await createExpiring(server)
  const lock = await server.lockDatabase()
  const failing = server.send('POST', `${PATH}/${HOURLY}/run`)
  while (!(await findJob(server, HOURLY))?.running);
  const repeated = await server.send('POST', `${PATH}/${HOURLY}/run`)
  expectProblem(repeated, 409, 'in_use')
  expect(repeated.body.detail).toContain('already running')
  const failed = await failing
  await lock[Symbol.asyncDispose]()
  expectProblem(failed, 500, 'job_failed')
  expect(failed.body.detail).toMatch(/^The job announce-expiries failed: The database .*log/)
  const job = await findJob(server, HOURLY)
  expect(job).toMatchObject({
    running: false,
    last_run: { error: expect.stringContaining('database') },
  })
  expect((await server.send('POST', `${PATH}/${HOURLY}/run`)).body.processed).toBe(1)
})

test('jobs: many requests at once run a job one after the other or get 409, and never fail', async () => {
  await using server = await startEngineServer(sandbox, 'many')
  await waitForFirst(server, 'clean-up')
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => server.send('POST', `${PATH}/clean-up/run`)),
  )
  const statuses = new Set(responses.map(({ status }) => status))
  expect([...statuses].filter((status) => status !== 200 && status !== 409)).toEqual([])
  expect(statuses).toContain(200)
})

test('jobs: an unknown name gets 404, and so does a path', async () => {
  await using app = await openTestApp()
  const timers = await startTimers(app.deps)
  for (const name of ['none', '..%2fclean-up', 'clean-up%00', 'toString', '__proto__']) {
    const { status } = await app.send('POST', `${PATH}/${name}/run`)
    expect({ name, status }).toEqual({ name, status: 404 })
  }
  await timers.stop()
  expectProblem(await app.send('POST', `${PATH}/clean-up/run`), 503, 'unavailable')
  const line = app.logLines.find((each) => each.includes('service unavailable')) ?? '{}'
  expect(JSON.parse(line).detail).toStartWith('The server is stopping.')
})

test('jobs: reading needs jobs:read, running jobs:run', async () => {
  await using app = await openTestApp()
  const timers = await startTimers(app.deps)
  for (const [scope, method, path] of [
    ['jobs:read', 'GET', PATH],
    ['jobs:run', 'POST', `${PATH}/none/run`],
  ] as const) {
    const statusWith = async (held: typeof scope | 'jobs:read' | 'jobs:run') => {
      const authorization = `Bearer ${await app.tokenWith(held)}`
      return (await app.send(method, path, undefined, { authorization })).status
    }
    expect(await statusWith(scope)).toBe(method === 'GET' ? 200 : 404)
    expect(await statusWith(scope === 'jobs:read' ? 'jobs:run' : 'jobs:read')).toBe(403)
  }
  await timers.stop()
})
