import { describe, expect, test } from 'bun:test'
import type { Answer } from '../support/app.ts'
import { Folder, programs, type ServerProcess, startServer } from '../support/server.ts'

const CLIENTS = 8
const LICENSES = 5

interface Ledger {
  /** Valid answers and all answers, by license. */
  readonly valid: Map<string, number>
  readonly all: Map<string, number>
  /** When each answer came. */
  readonly answeredAtMs: number[]
}

/** Validates until the server is gone, now and then so that it is refused. Notes each answer. */
async function validateUntilGone(
  server: ServerProcess,
  licenses: readonly Answer['body'][],
  ledger: Ledger,
  onAnswer: () => void,
): Promise<void> {
  for (let round = 0; ; round += 1) {
    const { id, key } = licenses[round % licenses.length]
    const product = round % 7 === 0 ? 'other' : 'default'
    const body = { key, product, fingerprint: 'machine', version: String(round) }
    const answer = await server.send('POST', '/api/v1/validate', body).catch(() => null)
    if (answer === null) return
    const count = (counts: Map<string, number>) => counts.set(id, (counts.get(id) ?? 0) + 1)
    count(ledger.all)
    if (answer.body.valid) count(ledger.valid)
    ledger.answeredAtMs.push(performance.now())
    onAnswer()
  }
}

const emptyLedger = (): Ledger => ({ valid: new Map(), all: new Map(), answeredAtMs: [] })

async function createLicenses(server: ServerProcess): Promise<Answer['body'][]> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com', quantity: LICENSES }
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  return body.data
}

/** What the server says of a license: by its counter, its counts by day, its single validations. */
async function figuresOf(server: ServerProcess, id: string) {
  const { body: license } = await server.send('GET', `/api/v1/licenses/${id}`)
  const { body: usage } = await server.send('GET', `/api/v1/licenses/${id}/usage?limit=1`)
  const { valid, refused } = usage.summary
  return { counter: license.validation_count, valid, refused }
}

async function exportedOf(server: ServerProcess): Promise<Answer['body'][]> {
  const { text } = await server.send('GET', '/api/v1/usage/export?format=ndjson')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

describe.each(programs)('%s', (program) => {
  test('SIGTERM under load: every count is exactly what was answered', async () => {
    using folder = new Folder()
    const place = { program, cwd: folder.path, dataDirectory: folder.at('data') }
    const ledger = emptyLedger()
    const licenses = await (async () => {
      await using server = await startServer(place)
      const made = await createLicenses(server)
      let answers = 0
      let stopped = Promise.resolve(0)
      const onAnswer = () => {
        if (++answers === 500) stopped = server.stop()
      }
      const clients = Array.from({ length: CLIENTS }, () =>
        validateUntilGone(server, made, ledger, onAnswer),
      )
      await Promise.all(clients)
      expect(await stopped).toBe(0)
      return made
    })()

    await using server = await startServer(place)
    for (const { id } of licenses) {
      const valid = ledger.valid.get(id) ?? 0
      const refused = (ledger.all.get(id) ?? 0) - valid
      expect(await figuresOf(server, id)).toEqual({ counter: valid, valid, refused })
    }
    const exported = await exportedOf(server)
    const valid = [...ledger.valid.values()].reduce((sum, count) => sum + count, 0)
    expect(exported.filter((entry) => entry.valid)).toHaveLength(valid)
  })
})

test('kill -9 under load: at most the last moments are missing, and nothing is counted twice', async () => {
  using folder = new Folder()
  const place = { program: 'source', cwd: folder.path, dataDirectory: folder.at('data') } as const
  const ledger = emptyLedger()
  let licenses: Answer['body'][] = []
  let answersBefore = 0
  for (const killAfter of [50, 300, 700]) {
    const server = await startServer(place)
    if (licenses.length === 0) licenses = await createLicenses(server)
    const countedBefore = await countedOf(server, licenses)
    let answers = 0
    const clients = Array.from({ length: CLIENTS }, () =>
      validateUntilGone(server, licenses, ledger, () => {
        answers += 1
        if (answers === killAfter) void server.kill()
      }),
    )
    await Promise.all(clients)
    const killedAtMs = ledger.answeredAtMs.at(-1) ?? 0
    const old = ledger.answeredAtMs.filter((atMs) => atMs < killedAtMs - LOST_MAX_MS).length
    await using again = await startServer(place)
    const counted = (await countedOf(again, licenses)) - countedBefore
    // The last requests of the clients may be counted without having been answered.
    expect(counted).toBeLessThanOrEqual(answers + CLIENTS)
    expect(counted).toBeGreaterThanOrEqual(old - answersBefore)
    answersBefore = ledger.answeredAtMs.length
    for (const { id } of licenses) {
      const { counter, valid } = await figuresOf(again, id)
      expect(counter).toBe(valid)
    }
    const exported = await exportedOf(again)
    const versions = exported.filter((entry) => entry.valid).length
    expect(versions).toBe(await validOf(again, licenses))
  }
})

/** What the promise allows, with room for a machine that does much else. */
const LOST_MAX_MS = 500

async function countedOf(server: ServerProcess, licenses: readonly Answer['body'][]) {
  const figures = await Promise.all(licenses.map(({ id }) => figuresOf(server, id)))
  return figures.reduce((sum, { valid, refused }) => sum + valid + refused, 0)
}

async function validOf(server: ServerProcess, licenses: readonly Answer['body'][]) {
  const figures = await Promise.all(licenses.map(({ id }) => figuresOf(server, id)))
  return figures.reduce((sum, { counter }) => sum + counter, 0)
}
