import { describe, expect, test } from 'bun:test'
import type { TestResponse } from '../support/app.ts'
import { programs, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const CLIENTS = 8
const LICENSES = 5
/** After how many answers each server is killed. */
const killsAfter = [50, 300, 700]
/** The promise is 100 ms; the rest is for a machine that does much else. */
const LOST_MAX_MS = 200

interface Answered {
  readonly licenseId: string
  readonly valid: boolean
  readonly atMs: number
}

/** Eight clients validate until the server is gone, and are refused now and then. */
async function validateUntilGone(
  server: ServerProcess,
  licenses: readonly TestResponse['body'][],
  onAnswer: (count: number) => void,
): Promise<Answered[]> {
  const answered: Answered[] = []
  const validate = async (round: number) => {
    const { id, key } = licenses[round % licenses.length]
    const product = round % 7 === 0 ? 'other' : 'default'
    const body = { key, product, fingerprint: 'machine' }
    const answer = await server.send('POST', '/api/v1/validate', body).catch(() => null)
    if (answer === null) return false
    answered.push({ licenseId: id, valid: answer.body.valid, atMs: performance.now() })
    onAnswer(answered.length)
    return true
  }
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (let round = 0; await validate(round); round += 1);
  })
  await Promise.all(clients)
  return answered
}

async function createLicenses(server: ServerProcess): Promise<TestResponse['body'][]> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com', quantity: LICENSES }
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  return body.data
}

/** What the server says of a license: by its counter and by its counts a day. */
async function figuresOf(server: ServerProcess, licenseId: string) {
  const { body: license } = await server.send('GET', `/api/v1/licenses/${licenseId}`)
  const { body: usage } = await server.send('GET', `/api/v1/licenses/${licenseId}/usage`)
  const { valid, refused } = usage.summary
  return { counter: license.validation_count, valid, refused }
}

/** How many valid ones are kept singly. */
async function validKept(server: ServerProcess): Promise<number> {
  const { text } = await server.send('GET', '/api/v1/usage/export?format=ndjson')
  return text.split('\n').filter((line) => line.includes('"valid":true')).length
}

describe.each(programs)('%s', (program) => {
  test('SIGTERM under load: every count is exactly what was answered', async () => {
    using sandbox = new Sandbox()
    const launch = { program, cwd: sandbox.path }
    await using server = await startServer(launch)
    const licenses = await createLicenses(server)
    const stopped = Promise.withResolvers<number>()
    const answered = await validateUntilGone(server, licenses, (count) => {
      if (count === 500) stopped.resolve(server.stop())
    })
    expect(await stopped.promise).toBe(0)

    await using again = await startServer(launch)
    for (const { id } of licenses) {
      const own = answered.filter(({ licenseId }) => licenseId === id)
      const valid = own.filter((each) => each.valid).length
      const figures = { counter: valid, valid, refused: own.length - valid }
      expect(await figuresOf(again, id)).toEqual(figures)
    }
    expect(await validKept(again)).toBe(answered.filter((each) => each.valid).length)
  })
})

test('kill -9 under load: at most the last moments are missing, nothing is counted twice', async () => {
  using sandbox = new Sandbox()
  const launch = { cwd: sandbox.path }
  let licenses: TestResponse['body'][] = []
  let before = 0
  for (const killAfter of killsAfter) {
    await using server = await startServer(launch)
    if (licenses.length === 0) licenses = await createLicenses(server)
    let killedAtMs = 0
    const answered = await validateUntilGone(server, licenses, (count) => {
      if (count !== killAfter) return
      killedAtMs = performance.now()
      void server.kill()
    })

    await using again = await startServer(launch)
    const figures = await Promise.all(licenses.map(({ id }) => figuresOf(again, id)))
    for (const { counter, valid } of figures) expect(counter).toBe(valid)
    const valid = figures.reduce((sum, each) => sum + each.valid, 0)
    expect(await validKept(again)).toBe(valid)
    const total = figures.reduce((sum, each) => sum + each.refused, valid)
    const due = answered.filter(({ atMs }) => atMs < killedAtMs - LOST_MAX_MS).length
    expect(total - before).toBeGreaterThanOrEqual(due)
    // What was under way may have been counted without being answered.
    expect(total - before).toBeLessThanOrEqual(answered.length + CLIENTS)
    before = total
  }
})
