import { expect, test } from 'bun:test'
import { retainHistory } from '~/jobs/retain-history.ts'
import { openTestApp } from '../support/app.ts'

const DAY_MS = 86_400_000
const never = new AbortController().signal

test('retain-history: validations are deleted after LICET_HISTORY_DAYS, counters remain', async () => {
  await using app = await openTestApp({ historyDays: 2 })
  const { id, key } = await app.createLicense()
  for (let day = 0; day < 4; day += 1) {
    await app.validate({ key, version: String(day) })
    await app.deps.usage.flush()
    if (day < 3) app.clock.advanceMs(DAY_MS)
  }
  expect(await retainHistory.run(app.deps, never)).toBe(1)
  expect(await retainHistory.run(app.deps, never)).toBe(0)
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.data.map(({ version }: { version: string }) => version)).toEqual(['3', '2', '1'])
  expect(body.summary.valid).toBe(4)
})

test('retain-history: an aborted round deletes nothing, and the next one does', async () => {
  await using app = await openTestApp({ historyDays: 1 })
  const { key } = await app.createLicense()
  await app.validate({ key })
  await app.deps.usage.flush()
  app.clock.advanceMs(9 * DAY_MS)
  expect(await retainHistory.run(app.deps, AbortSignal.abort())).toBe(0)
  expect(await retainHistory.run(app.deps, never)).toBe(1)
})
