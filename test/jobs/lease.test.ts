import { expect, test } from 'bun:test'
import { createLease } from '~/jobs/lease.ts'
import { createJobRunner } from '~/jobs/runner.ts'
import { schedule } from '~/jobs/schedule.ts'
import { openTestDeps, type TestDeps } from '../support/deps.ts'

const NAME = 'a-job'

/** Dependencies of one of several servers that share a database. */
function depsOf({ deps }: TestDeps, instanceId: string) {
  return { ...deps, store: { ...deps.store, isShared: true }, instanceId }
}

/** The runner of the job on one of these servers. */
function createRunner(opened: TestDeps, instanceId: string) {
  const deps = depsOf(opened, instanceId)
  return createJobRunner(deps, NAME, async () => 1, createLease(deps, NAME))
}

/** Runs a round as the clock does. Returns whether there was one. */
async function runScheduled(opened: TestDeps, instanceId: string): Promise<boolean> {
  const runner = createRunner(opened, instanceId)
  runner.start()
  await runner.stop()
  return runner.lastRun() !== null
}

test('job lease: of several servers, the one that runs a job first goes on running it', async () => {
  await using opened = await openTestDeps()
  expect(await runScheduled(opened, 'one')).toBe(true)
  expect(await runScheduled(opened, 'two')).toBe(false)
  expect(await runScheduled(opened, 'one')).toBe(true)
  const { values } = await opened.deps.metrics.jobRuns.get()
  expect(values).toMatchObject([{ labels: { job: NAME }, value: 2 }])
})

test('job lease: another server runs the job once the first one has ended', async () => {
  await using opened = await openTestDeps()
  await runScheduled(opened, 'one')
  await opened.deps.store.nodes.end('one')
  expect(await runScheduled(opened, 'two')).toBe(true)
  expect(await runScheduled(opened, 'one')).toBe(false)
})

test('job lease: a job that an operator runs moves to the server that was asked', async () => {
  await using opened = await openTestDeps()
  await runScheduled(opened, 'one')
  expect(await createRunner(opened, 'two').runNow()).toMatchObject({ processed: 1, error: null })
  expect(await runScheduled(opened, 'one')).toBe(false)
  expect(await runScheduled(opened, 'two')).toBe(true)
})

test('job lease: a long round ends early when another server takes the job over', async () => {
  await using opened = await openTestDeps()
  const deps = depsOf(opened, 'one')
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const runLong = (signal: AbortSignal) => {
    begin()
    return new Promise<number>((resolve) => signal.addEventListener('abort', () => resolve(7)))
  }
  const runner = createJobRunner(deps, NAME, runLong, createLease(deps, NAME, 1))
  const round = runner.runNow()
  await begun
  await createRunner(opened, 'two').runNow()
  expect(await round).toMatchObject({ processed: 7, error: null })
})

test('job lease: nothing is written if only one server can use the database', async () => {
  await using opened = await openTestDeps()
  expect(createLease(opened.deps, NAME)).toBeNull()
})

test('job lease: queues are worked off by every server, anything else by one', () => {
  const onEvery = schedule.filter(({ runsOn }) => runsOn === 'every server')
  expect(onEvery.map(({ name }) => name)).toEqual([
    'process-checkout',
    'deliver-webhooks',
    'send-mails',
    'maintain-database',
  ])
})
