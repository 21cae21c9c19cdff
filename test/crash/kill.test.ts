import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { historyPath } from '~/store/sqlite/history.ts'
import { Folder, type ServerProcess, startServer } from '../support/server.ts'

const CONNECTIONS = 4
/** After how many acknowledged purchases each server is killed. */
const killsAfter = [1, 15, 50]

interface Ledger {
  readonly licenseIds: string[]
  /** Asked for once each, whether or not the answer came. */
  readonly validatedIds: Set<string>
}

/** Buys and validates until the server dies. Notes what was answered. */
async function buyUntilDeath(server: ServerProcess, ledger: Ledger, onAnswer: () => void) {
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 2 }
  const post = (path: string, body: object) =>
    server.send('POST', `/api/v1/${path}`, body).catch(() => null)
  for (let round = 0; ; round += 1) {
    const purchase = await post('licenses', order)
    if (purchase === null) return
    expect(purchase.status).toBe(201)
    const [used, other] = purchase.body.data
    ledger.licenseIds.push(used.id, other.id)
    ledger.validatedIds.add(used.id)
    onAnswer()
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

  const kept = new Set(column('SELECT id FROM licenses'))
  expect(licenseIds.filter((id) => !kept.has(id))).toEqual([])
  const created = column("SELECT license_id FROM events WHERE type = 'license.created'")
  expect(created.toSorted()).toEqual([...kept].toSorted())

  const miscounted = `SELECT id FROM licenses
    WHERE domains_used <> (SELECT count(*) FROM activations WHERE license_id = licenses.id)`
  expect(column(miscounted)).toEqual([])
  db.run('ATTACH ? AS history', [historyPath(dataDirectory)])
  expect(column('SELECT id FROM history.licenses WHERE validation_count NOT IN (0, 1)')).toEqual([])
  const counted = column('SELECT id FROM history.licenses WHERE validation_count > 0')
  expect(counted.filter((id) => !validatedIds.has(String(id)))).toEqual([])
}

test('kill -9 under load loses no acknowledged license, nor its event, however often', async () => {
  using folder = new Folder()
  const dataDirectory = folder.at('data')
  const place = { program: 'source', cwd: folder.path, dataDirectory } as const
  const ledger: Ledger = { licenseIds: [], validatedIds: new Set() }
  for (const answersMax of killsAfter) {
    const server = await startServer(place)
    inspect(dataDirectory, ledger)
    let answers = 0
    const onAnswer = () => {
      answers += 1
      if (answers === answersMax) void server.kill()
    }
    const buyers = Array.from({ length: CONNECTIONS }, () =>
      buyUntilDeath(server, ledger, onAnswer),
    )
    await Promise.all(buyers)
  }
  await using server = await startServer(place)
  inspect(dataDirectory, ledger)
  expect(ledger.licenseIds.length).toBeGreaterThan(125)
  const newest = ledger.licenseIds.at(-1)
  const { body } = await server.send('GET', `/api/v1/licenses/${newest}`)
  expect(body).toMatchObject({ id: newest, status: 'active' })
})
