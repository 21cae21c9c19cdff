import type { Database, SQLQueryBindings } from 'bun:sqlite'
import type { SealedChange, SealedPlace, SealedRow, SecretRows, Secrets } from '../secrets-port.ts'
import { sealedPlaces } from '../shared/sealed-places.ts'
import { SELECT_SECRET_ROWS } from '../shared/secret-check.ts'
import { appendAudit } from './audit.ts'
import type { Engine } from './engine.ts'

/** Reads what a database says about its master secrets. */
export function readSecretRows(client: Database): SecretRows {
  const rows = client.query<{ name: string; value: string }, []>(SELECT_SECRET_ROWS).all()
  return new Map(rows.map(({ name, value }) => [name, value]))
}

export function createSecrets(engine: Engine): Secrets {
  const { db, committed, transact } = engine
  const writing = db.$client
  const reading = committed.db.$client
  return {
    read: async () => readSecretRows(reading),
    write: (rows, audit) =>
      transact(() => {
        if (audit !== undefined) appendAudit(engine, audit.context, audit.action)
        const set = writing.query('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
        const remove = writing.query('DELETE FROM meta WHERE name = ?')
        for (const [name, value] of Object.entries(rows)) {
          if (value === null) remove.run(name)
          else set.run(name, value)
        }
      }),
    begin: (name, value, { context, action }) =>
      transact(() => {
        const insert = writing.query('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)')
        if (insert.run(name, value).changes === 0) return false
        appendAudit(engine, context, action)
        return true
      }),
    // There is only one at a time.
    readTransactions: async () => ({ ended: 0n, next: 0n }),
    findOldestTransaction: async () => null,
    list: async (place, after, max) => {
      const { table, id, isNumber, hash, sealed, condition } = sealedPlaces[place]
      const text = `SELECT CAST(${id} AS TEXT) AS id, ${hash} AS hash, ${sealed} AS sealed
        FROM ${table} WHERE ${id} > ? AND ${condition} ORDER BY ${table}.${id} LIMIT ?`
      const start = isNumber ? Number(after ?? -1) : (after ?? '')
      return reading.query<SealedRow, SQLQueryBindings[]>(text).all(start, max)
    },
    replace: (place, changes) =>
      transact(() => {
        const update = writing.query<unknown, (string | null)[]>(buildUpdate(place))
        for (const { was, now } of changes) update.run(...listValues(place, was, now))
      }),
    hasFormerKeys: async () => reading.query('SELECT 1 FROM former_keys LIMIT 1').get() !== null,
    listServers: async () => [],
  }
}

function buildUpdate(place: SealedPlace): string {
  const { table, id, isNumber, hash, sealed } = sealedPlaces[place]
  const columns = [hash, sealed].filter((column) => column !== null)
  const set = columns.map((column) => `${column} = ?`).join(', ')
  const unchanged = columns.map((column) => `${column} = ?`).join(' AND ')
  const given = isNumber ? 'CAST(? AS INTEGER)' : '?'
  return `UPDATE ${table} SET ${set} WHERE ${id} = ${given} AND ${unchanged}`
}

function listValues(place: SealedPlace, was: SealedChange['was'], now: SealedChange['now']) {
  const { hash, sealed } = sealedPlaces[place]
  const pick = (row: SealedRow) => [
    ...(hash === null ? [] : [row.hash]),
    ...(sealed === null ? [] : [row.sealed]),
  ]
  return [...pick(now), was.id, ...pick(was)]
}
