import { expect, test } from 'bun:test'
import { trimChanges } from '~/jobs/trim-changes.ts'
import { openTestApp } from '../support/app.ts'
import { runJob } from '../support/jobs.ts'

const MINUTE_MS = 60_000

test('trim-changes: changes are listed for ten minutes, and edges that were away for longer start anew', async () => {
  await using app = await openTestApp()
  const { changes } = app.deps.store
  const { id } = await app.createLicense()
  const former = changes.readPosition()
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  const latest = changes.readPosition()
  app.clock.advanceMs(10 * MINUTE_MS)
  expect(await runJob(trimChanges, app.deps)).toBe(0)
  expect((await changes.list(former, 100))?.licenseIds).toEqual([id])
  app.clock.advanceMs(1)
  expect(await runJob(trimChanges, app.deps)).toBeGreaterThan(1)
  expect(await changes.list(former, 100)).toBeNull()
  expect(await changes.list(latest, 100)).toMatchObject({ licenseIds: [], isAll: false })
})

test('trim-changes: a clock that is a year ahead trims nothing', async () => {
  await using app = await openTestApp()
  const { changes } = app.deps.store
  const former = changes.readPosition()
  const { id } = await app.createLicense()
  app.clock.jumpMs(365 * 1440 * MINUTE_MS)
  expect(await runJob(trimChanges, app.deps)).toBe(0)
  expect((await changes.list(former, 100))?.licenseIds).toEqual([id])
})
