import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { usagePath } from '~/usage/file.ts'
import { Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const CONNECTIONS = 4
/** The number of acknowledged responses after which each server is killed. */
const killsAfter = [1, 15, 50]

interface Ledger {
  readonly licenseIds: string[]
  /** Each was validated once, whether or not the response arrived. */
  readonly validatedIds: Set<string>
}

/** Creates and validates licenses until the server dies. Records what was acknowledged. */
async function loadUntilDeath(server: ServerProcess, ledger: Ledger, onResponse: () => void) {
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 2 }
  const post = (path: string, body: object) =>
    server.send('POST', `/api/v1/${path}`, body).catch(() => null)
  for (let round = 0; ; round += 1) {
    const created = await post('licenses', order)
    if (created === null) return
    expect(created.status).toBe(201)
    const [used, other] = created.body.data
    ledger.licenseIds.push(used.id, other.id)
    ledger.validatedIds.add(used.id)
    onResponse()
    const verdict = await post('validate', { key: used.key, domain: `shop-${round}.de` })
    if (verdict === null) return
    expect(verdict.body).toMatchObject({ valid: true })
  }
}

function inspect(dataDirectory: string, { licenseIds, validatedIds }: Ledger): void {
  using db = new Database(databasePath(dataDirectory), { readonly: true })
  const column = (sql: string) => db.query(sql).values().flat()
  expect(column('PRAGMA integrity_check')).toEqual(['ok'])
  expect(column('PRAGMA foreign_key_check')).toEqual([])

  const stored = new Set(column('SELECT id FROM licenses'))
  expect(licenseIds.filter((id) => !stored.has(id))).toEqual([])
  const withEvent = column("SELECT license_id FROM events WHERE type = 'license.created'")
  expect(withEvent.toSorted()).toEqual([...stored].toSorted())

  const miscounted = `SELECT id FROM licenses
    WHERE domains_used <> (SELECT count(*) FROM activations WHERE license_id = licenses.id)`
  expect(column(miscounted)).toEqual([])
  db.run('ATTACH ? AS usage', [usagePath(dataDirectory)])
  expect(column('SELECT id FROM usage.licenses WHERE validation_count NOT IN (0, 1)')).toEqual([])
  const counted = column('SELECT id FROM usage.licenses WHERE validation_count > 0')
  expect(counted.filter((id) => !validatedIds.has(String(id)))).toEqual([])
}

test('kill -9 under load: no acknowledged license and no event is lost, however often it happens', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  const ledger: Ledger = { licenseIds: [], validatedIds: new Set() }
  for (const responsesMax of killsAfter) {
    const server = await startServer(sandbox)
    inspect(dataDirectory, ledger)
    let responses = 0
    const onResponse = () => {
      responses += 1
      if (responses === responsesMax) void server.kill()
    }
    const clients = Array.from({ length: CONNECTIONS }, () =>
      loadUntilDeath(server, ledger, onResponse),
    )
    await Promise.all(clients)
  }
  await using server = await startServer(sandbox)
  inspect(dataDirectory, ledger)
  expect(ledger.licenseIds.length).toBeGreaterThan(125)
  const newest = ledger.licenseIds.at(-1)
  const { body } = await server.send('GET', `/api/v1/licenses/${newest}`)
  expect(body).toMatchObject({ id: newest, status: 'active' })
})
