import { expect, test } from 'bun:test'
import { createRounds } from '~/jobs/rounds.ts'
import { openTestDeps } from '../support/deps.ts'

const NAME = 'a-job'

test('rounds never overlap, and one that was wanted meanwhile follows, once', async () => {
  await using opened = await openTestDeps()
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
  const { promise: isSecondBegun, resolve: sayBegun } = Promise.withResolvers<void>()
  let begun = 0
  const rounds = createRounds(opened.deps, NAME, () => {
    const gate = gates[begun++]
    if (begun === 2) sayBegun()
    return gate?.promise ?? Promise.resolve(0)
  })
  rounds.start()
  rounds.start()
  rounds.start()
  expect(begun).toBe(1)
  gates[0]?.resolve(1)
  await isSecondBegun
  gates[1]?.resolve(1)
  await rounds.stop()
  expect(begun).toBe(2)
})

test('a round that throws is logged and counted, and ends nothing', async () => {
  await using opened = await openTestDeps()
  const { deps, logLines } = opened
  const failing = createRounds(deps, NAME, () => Promise.reject(new Error('out of luck')))
  failing.start()
  await failing.stop()
  const sudden = createRounds(deps, NAME, () => {
    throw new Error('out of words')
  })
  sudden.start()
  await sudden.stop()
  const logged = logLines.filter((line) => line.includes('"job":"a-job"'))
  expect(logged[0]).toContain('out of luck')
  expect(logged[1]).toContain('out of words')
  const { values } = await deps.metrics.jobFailures.get()
  expect(values).toMatchObject([{ labels: { job: NAME }, value: 2 }])
})

test('each round shows when it ended, how long it took and what it dealt with', async () => {
  await using opened = await openTestDeps()
  const { deps } = opened
  const rounds = createRounds(deps, NAME, async () => 7)
  rounds.start()
  await rounds.stop()
  const text = await deps.metrics.registry.metrics()
  expect(text).toContain(`licet_job_runs_total{job="${NAME}"} 1`)
  expect(text).toContain(`licet_job_processed_total{job="${NAME}"} 7`)
  expect(text).toContain(`licet_job_last_run_timestamp_seconds{job="${NAME}"} 1772755200`)
  expect(text).toMatch(/licet_job_last_duration_seconds\{job="a-job"\} [\d.e-]+\n/)
})

test('stopping asks a round to end early, waits for it, and lets none begin', async () => {
  await using opened = await openTestDeps()
  let begun = 0
  const rounds = createRounds(opened.deps, NAME, (signal) => {
    begun += 1
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)))
  })
  rounds.start()
  rounds.start()
  await rounds.stop()
  rounds.start()
  expect(begun).toBe(1)
})
