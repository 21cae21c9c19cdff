import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { respond, startReceiver } from '../support/receiver.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const HOUR_MS = 3_600_000
const POLL_INTERVAL_MS = 50
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS
const startMs = Date.parse('2026-06-01T00:00:00Z')

const shiftedTo = (atMs: number) => ({
  LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64'),
  TEST_CLOCK_MS: String(atMs),
  BUN_OPTIONS: `--preload ${join(import.meta.dir, '../support/shifted-clock.ts')}`,
})

const startAt = (sandbox: Sandbox, atMs: number, env = {}) =>
  startServer({ cwd: sandbox.path, env: { ...shiftedTo(atMs), ...env } })

async function request(server: ServerProcess, method: string, path: string, body?: object) {
  const response = await server.send(method, `/api/v1/${path}`, body)
  expect(response.status).toBeLessThan(300)
  return response.body
}

/** Repeats a request until its response passes. */
async function waitFor<Result>(read: () => Promise<Result>, passes: (result: Result) => boolean) {
  let result = await read()
  while (!passes(result)) {
    await Bun.sleep(POLL_INTERVAL_MS)
    result = await read()
  }
  return result
}

test('clock: one start with the clock a year ahead loses nothing and uses up no notice', async () => {
  using sandbox = new Sandbox()
  await using receiver = await startReceiver(respond(500))
  const customer = { customer_email: 'ada@example.com' }

  await using right = await startAt(sandbox, startMs)
  const expires_at = new Date(startMs + DAY_MS).toISOString()
  const order = { plan: 'enterprise', max_seats: 1, ...customer, expires_at }
  const { id, key } = await request(right, 'POST', 'licenses', order)
  const endless = await request(right, 'POST', 'licenses', { ...order, expires_at: null })
  for (const version of ['1', '2', '3']) await request(right, 'POST', 'validate', { key, version })
  expect(await right.stop()).toBe(0)

  const listExpired = (server: ServerProcess) => async () =>
    (await request(server, 'GET', 'events?type=license.expired')).data
  const history = async (server: ServerProcess) =>
    (await request(server, 'GET', `licenses/${id}/usage?from=2026-01-01T00:00:00Z`)).data.length

  const aheadMs = startMs + YEAR_MS
  await using ahead = await startAt(sandbox, aheadMs)
  await ahead.waitForLog('far ahead')
  expect(await waitFor(listExpired(ahead), ({ length }) => length > 0)).toHaveLength(1)
  expect((await request(ahead, 'POST', 'validate', { key })).error).toBe('LICENSE_EXPIRED')
  await request(ahead, 'POST', 'seats/acquire', { key: endless.key, fingerprint: 'laptop' })
  await request(ahead, 'POST', 'webhooks', { url: receiver.url })
  await request(ahead, 'POST', 'licenses', { ...order, expires_at: null })
  await waitFor(
    async () => receiver.requests.length,
    (count) => count > 0,
  )
  const trim = await runLicet({ cwd: sandbox.path, env: shiftedTo(aheadMs) }, [
    'jobs',
    'run',
    'retain-history',
  ])
  expect(trim.stdout).toBe('retain-history: 0 processed\n')
  expect(trim.stderr).toContain('--trust-clock')
  expect(await ahead.stop()).toBe(0)

  await using back = await startAt(sandbox, startMs + HOUR_MS)
  await back.waitForLog('the clock is behind the time of the last run')
  await back.waitForLog('"job":"correct-times"')
  expect(await history(back)).toBe(3)
  expect((await request(back, 'POST', 'validate', { key })).valid).toBe(true)
  const { data } = await request(back, 'GET', `licenses/${endless.id}/seats`)
  expect(Date.parse(data[0].expires_at)).toBeLessThan(startMs + HOUR_MS + 10 * 60_000)
  await waitFor(
    async () => receiver.requests.length,
    (count) => count > 1,
  )
  expect(await back.stop()).toBe(0)

  await using later = await startAt(sandbox, startMs + DAY_MS + HOUR_MS)
  expect(await waitFor(listExpired(later), ({ length }) => length > 1)).toHaveLength(2)
  expect(await history(later)).toBe(4)
})

test('clock: a jump in the middle of a run is logged, counted, and corrected when it ends', async () => {
  using sandbox = new Sandbox()
  const jumpFile = sandbox.at('jump')
  await using server = await startAt(sandbox, startMs, { TEST_CLOCK_JUMP_FILE: jumpFile })
  const license = await request(server, 'POST', 'licenses', {
    plan: 'enterprise',
    customer_email: 'ada@example.com',
    max_seats: 1,
  })
  writeFileSync(jumpFile, String(YEAR_MS))
  await server.waitForLog('"seconds":31536000,"msg":"the clock jumped"')
  const acquire = { key: license.key, fingerprint: 'laptop' }
  const { expires_at } = await request(server, 'POST', 'seats/acquire', acquire)
  expect(expires_at).toStartWith('2027-')
  writeFileSync(jumpFile, String(-DAY_MS))
  await server.waitForLog('"seconds":-31622400,"msg":"the clock jumped"')
  const { data } = await waitFor(
    () => request(server, 'GET', `licenses/${license.id}/seats`),
    (seats) => seats.data[0].expires_at.startsWith('2026-05-31T00:0'),
  )
  expect(data).toHaveLength(1)
  const metrics = await server.send('GET', '/metrics')
  expect(metrics.text).toContain('licet_clock_jumps_total{direction="forward"} 1')
  expect(metrics.text).toContain('licet_clock_jumps_total{direction="back"} 1')
})

test('clock: an operator who trusts the clock can delete what is old after a long stop', async () => {
  using sandbox = new Sandbox()
  await using first = await startAt(sandbox, startMs)
  const order = { plan: 'starter', customer_email: 'ada@example.com' }
  const { key } = await request(first, 'POST', 'licenses', order)
  await request(first, 'POST', 'validate', { key })
  expect(await first.stop()).toBe(0)
  const run = (...args: string[]) =>
    runLicet({ cwd: sandbox.path, env: shiftedTo(startMs + YEAR_MS) }, ['jobs', 'run', ...args])
  expect((await run('retain-history')).stdout).toBe('retain-history: 0 processed\n')
  const trusting = await run('retain-history', '--trust-clock')
  expect(trusting).toMatchObject({ stdout: 'retain-history: 1 processed\n', stderr: '' })
})
