import { describe, expect, test } from 'bun:test'
import type { TestResponse } from '../support/app.ts'
import { startRunningClock } from '../support/running-clock.ts'
import { programs, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const CLIENTS = 8
const LICENSES = 5
/** How long each server runs under load before it is killed. */
const killsAfterMs = [200, 3500]
/** The promise is one second. The rest is for a machine that runs many tests at once. */
const LOST_MAX_MS = 3000

interface Validated {
  readonly licenseId: string
  readonly valid: boolean
  /** When the response arrived. */
  readonly atMs: number
}

interface Load {
  readonly pauseMs: number
  readonly nowMs?: () => number
  readonly onResponse?: (count: number) => void
}

/** Validates with eight clients until the server is gone. Every seventh validation is refused. */
async function validateUntilGone(
  server: ServerProcess,
  licenses: readonly TestResponse['body'][],
  { pauseMs, nowMs, onResponse }: Load,
): Promise<Validated[]> {
  const validated: Validated[] = []
  const validate = async (round: number) => {
    const { id, key } = licenses[round % licenses.length]
    const product = round % 7 === 0 ? 'other' : 'default'
    const body = { key, product, fingerprint: 'machine' }
    const response = await server.send('POST', '/api/v1/validate', body).catch(() => null)
    if (response === null) return false
    validated.push({ licenseId: id, valid: response.body.valid, atMs: nowMs?.() ?? 0 })
    onResponse?.(validated.length)
    if (pauseMs > 0) await Bun.sleep(pauseMs)
    return true
  }
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (let round = 0; await validate(round); round += 1);
  })
  await Promise.all(clients)
  return validated
}

async function createLicenses(server: ServerProcess): Promise<TestResponse['body'][]> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com', quantity: LICENSES }
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  return body.data
}

/** Reads the counter of a license, and its counts by day. */
async function readCounts(server: ServerProcess, licenseId: string) {
  const { body: license } = await server.send('GET', `/api/v1/licenses/${licenseId}`)
  const { body: usage } = await server.send('GET', `/api/v1/licenses/${licenseId}/usage`)
  const { valid, refused } = usage.summary
  return { counter: license.validation_count, valid, refused }
}

/** Counts the valid validations in the history. */
async function countExported(server: ServerProcess): Promise<number> {
  const { text } = await server.send('GET', '/api/v1/usage/export?format=ndjson')
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  return entries.filter(({ valid }) => valid).reduce((sum, { count }) => sum + count, 0)
}

describe.each(programs)('%s', (program) => {
  test(`${program}: SIGTERM under load loses no count`, async () => {
    using sandbox = new Sandbox()
    const launch = { program, cwd: sandbox.path }
    await using server = await startServer(launch)
    const licenses = await createLicenses(server)
    const stopped = Promise.withResolvers<number>()
    const onResponse = (count: number) => {
      if (count === 500) stopped.resolve(server.stop())
    }
    const validated = await validateUntilGone(server, licenses, { pauseMs: 0, onResponse })
    expect(await stopped.promise).toBe(0)

    await using again = await startServer(launch)
    for (const { id } of licenses) {
      const own = validated.filter(({ licenseId }) => licenseId === id)
      const valid = own.filter((each) => each.valid).length
      const expected = { counter: valid, valid, refused: own.length - valid }
      expect(await readCounts(again, id)).toEqual(expected)
    }
    expect(await countExported(again)).toBe(validated.filter((each) => each.valid).length)
  })
})

test('kill -9 under load loses at most the last second of counts, and doubles none', async () => {
  using sandbox = new Sandbox()
  const launch = { cwd: sandbox.path }
  let licenses: TestResponse['body'][] = []
  let before = 0
  for (const killAfterMs of killsAfterMs) {
    await using server = await startServer(launch)
    if (licenses.length === 0) licenses = await createLicenses(server)
    using clock = startRunningClock()
    const { nowMs } = clock
    const validating = validateUntilGone(server, licenses, { pauseMs: 5, nowMs })
    await clock.waitUntil(killAfterMs)
    const killedAtMs = nowMs()
    await server.kill()
    const validated = await validating

    await using again = await startServer(launch)
    const counts = await Promise.all(licenses.map(({ id }) => readCounts(again, id)))
    for (const { counter, valid } of counts) expect(counter).toBe(valid)
    const valid = counts.reduce((sum, each) => sum + each.valid, 0)
    expect(await countExported(again)).toBe(valid)
    const total = counts.reduce((sum, each) => sum + each.refused, valid)
    const due = validated.filter(({ atMs }) => atMs < killedAtMs - LOST_MAX_MS).length
    if (killAfterMs > LOST_MAX_MS) expect(due).toBeGreaterThan(0)
    expect(total - before).toBeGreaterThanOrEqual(due)
    // A validation may have been counted although its response was lost.
    expect(total - before).toBeLessThanOrEqual(validated.length + CLIENTS)
    before = total
  }
})
