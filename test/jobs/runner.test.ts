import { expect, test } from 'bun:test'
import { createJobRunner } from '~/jobs/runner.ts'
import { openTestDeps } from '../support/deps.ts'

const NAME = 'a-job'

test('job runner: rounds never overlap; starts during a round cause one more round', async () => {
  await using opened = await openTestDeps()
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
  const { promise: secondStarted, resolve: resolveSecond } = Promise.withResolvers<void>()
  let started = 0
  const runner = createJobRunner(opened.deps, NAME, () => {
    const gate = gates[started++]
    if (started === 2) resolveSecond()
    return gate?.promise ?? Promise.resolve(0)
  })
  runner.start()
  runner.start()
  runner.start()
  expect(started).toBe(1)
  gates[0]?.resolve(1)
  await secondStarted
  gates[1]?.resolve(1)
  await runner.stop()
  expect(started).toBe(2)
})

test('job runner: a round that throws is logged and counted, and the process keeps running', async () => {
  await using opened = await openTestDeps()
  const { deps, logLines } = opened
  const failing = createJobRunner(deps, NAME, () => Promise.reject(new Error('async failure')))
  failing.start()
  await failing.stop()
  const throwing = createJobRunner(deps, NAME, () => {
    throw new Error('sync failure')
  })
  throwing.start()
  await throwing.stop()
  const logged = logLines.filter((line) => line.includes('"job":"a-job"'))
  expect(logged[0]).toContain('async failure')
  expect(logged[1]).toContain('sync failure')
  const { values } = await deps.metrics.jobFailures.get()
  expect(values).toMatchObject([{ labels: { job: NAME }, value: 2 }])
})

test('job runner: metrics show the end, duration and item count of the last round', async () => {
  await using opened = await openTestDeps()
  const { deps } = opened
  const runner = createJobRunner(deps, NAME, async () => 7)
  runner.start()
  await runner.stop()
  const text = await deps.metrics.registry.metrics()
  expect(text).toContain(`licet_job_runs_total{job="${NAME}"} 1`)
  expect(text).toContain(`licet_job_processed_total{job="${NAME}"} 7`)
  expect(text).toContain(`licet_job_last_run_timestamp_seconds{job="${NAME}"} 1772755200`)
  expect(text).toMatch(/licet_job_last_duration_seconds\{job="a-job"\} [\d.e-]+\n/)
})

test('job runner: stop aborts the current round, waits for it and starts no more', async () => {
  await using opened = await openTestDeps()
  let started = 0
  const runner = createJobRunner(opened.deps, NAME, (signal) => {
    started += 1
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)))
  })
  runner.start()
  runner.start()
  await runner.stop()
  runner.start()
  expect(started).toBe(1)
})
