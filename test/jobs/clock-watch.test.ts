import { expect, test } from 'bun:test'
import { resumeClock, startClockWatch } from '~/jobs/clock-watch.ts'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp } from '../support/app.ts'
import { openTestDeps, type TestDeps } from '../support/deps.ts'

const DAY_MS = 86_400_000

const jumpsIn = ({ logLines }: TestDeps) =>
  logLines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => /clock/.test(msg))
    .map(({ level, seconds, msg }) => [level, seconds, msg.split(',')[0]])

async function countJumps({ deps }: TestDeps): Promise<string[]> {
  const text = await deps.metrics.registry.metrics()
  return text.split('\n').filter((line) => line.startsWith('licet_clock_jumps_total{'))
}

test('clock watch: a jump is logged once with its size, counted, and reported', async () => {
  await using opened = await openTestDeps()
  const { promise: jumped, resolve: onJump } = Promise.withResolvers<void>()
  const watch = startClockWatch(opened.deps, onJump)
  opened.clock.jumpMs(-DAY_MS)
  await jumped
  await watch.stop()
  expect(jumpsIn(opened)).toEqual([[40, -86_400, 'the clock jumped']])
  expect(await countJumps(opened)).toEqual(['licet_clock_jumps_total{direction="back"} 1'])
})

test.each([
  [-DAY_MS, [[40, -86_400, 'the clock is behind the time of the last run']]],
  [365 * DAY_MS, [[40, 31_536_000, 'the clock is far ahead of the last run']]],
  [DAY_MS / 2, []],
])(
  'clock watch: a jump of %i ms between two runs is logged at startup',
  async (jumpMs, expected) => {
    await using opened = await openTestDeps()
    const { deps, clock } = opened
    await startClockWatch(deps, () => undefined).stop()
    clock.jumpMs(jumpMs)
    await resumeClock(deps)
    expect(jumpsIn(opened)).toEqual(expected)
  },
)

test('clock watch: an operator can trust the clock while a server is running', async () => {
  await using opened = await openTestDeps()
  const { deps } = opened
  const resumed: (number | null)[] = []
  const clock = { ...deps.clock, nowMs: () => 9, trustedMs: () => 5, check: () => 0 }
  const watched = { ...deps, clock: { ...clock, resume: (ms: number | null) => resumed.push(ms) } }
  const watch = startClockWatch(watched, () => undefined)
  await deps.store.maintenance.recordTime(() => ({ trustedMs: 9, nowMs: 9 }))
  await watch.stop()
  expect(resumed.at(-1)).toBe(9)
})

test('timers: after the clock has been set back, leases are corrected within seconds', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ plan: 'enterprise' })
  const timers = startTimers(app.deps)
  app.clock.jumpMs(DAY_MS)
  await app.callAsClient('seats/acquire', { key, fingerprint: 'laptop' })
  app.clock.jumpMs(-DAY_MS - 10_000)
  const readEnd = async () =>
    (await app.send('GET', `/api/v1/licenses/${id}/seats`)).body.data[0].expires_at
  while ((await readEnd()) !== '2026-03-06T00:04:50Z') await new Promise(setImmediate)
  await timers.stop()
})
