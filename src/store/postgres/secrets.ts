import type { Connection } from '~/platform/postgres.ts'
import type {
  OpenTransaction,
  SealedPlace,
  SealedRow,
  SecretRows,
  Secrets,
} from '../secrets-port.ts'
import { sealedPlaces } from '../shared/sealed-places.ts'
import { SELECT_SECRET_ROWS } from '../shared/secret-check.ts'
import type { Engine } from './engine.ts'
import { NOW_MS } from './nodes.ts'

/** Reads what a database says about its master secrets. */
export async function readSecretRows(client: Pick<Connection, 'unsafe'>): Promise<SecretRows> {
  const rows = await client.unsafe<{ name: string; value: string }[]>(SELECT_SECRET_ROWS)
  return new Map(rows.map(({ name, value }) => [name, value]))
}

export function createSecrets({ client, transact }: Engine): Secrets {
  return {
    read: () => readSecretRows(client),
    write: (rows, audit) =>
      transact(async (tx) => {
        if (audit !== undefined) tx.audit.push({ origin: audit.context, action: audit.action })
        const given = Object.entries(rows).map(([name, value]) => ({ name, value }))
        const source = 'json_to_recordset($1::text::json) AS given (name text, value text)'
        await tx.client.unsafe(
          `DELETE FROM meta USING ${source} WHERE meta.name = given.name AND given.value IS NULL`,
          [JSON.stringify(given)],
        )
        await tx.client.unsafe(
          `INSERT INTO meta (name, value) SELECT name, value FROM ${source} WHERE value IS NOT NULL
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [JSON.stringify(given)],
        )
      }),
    begin: (name, value, { context, action }) =>
      transact(async (tx) => {
        const written = await tx.client.unsafe<object[]>(
          'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1',
          [name, value],
        )
        if (written.length > 0) tx.audit.push({ origin: context, action })
        return written.length > 0
      }),
    readTransactions: () => readTransactions(client),
    findOldestTransaction: () => findOldestTransaction(client),
    list: (place, after, max) => listRows(client, place, after, max),
    replace: (place, changes) =>
      transact(async (tx) => {
        const { table, id, isNumber, hash, sealed } = sealedPlaces[place]
        const columns = [
          ...(hash === null ? [] : [[hash, 'hash']]),
          ...(sealed === null ? [] : [[sealed, 'sealed']]),
        ]
        const set = columns.map(([column, name]) => `${column} = given.new_${name}`)
        const unchanged = columns.map(([column, name]) => `${table}.${column} = given.${name}`)
        const given = changes.map(({ was, now }) => ({
          ...was,
          new_hash: now.hash,
          new_sealed: now.sealed,
        }))
        await tx.client.unsafe(
          `UPDATE ${table} SET ${set.join(', ')} FROM json_to_recordset($1::text::json) AS given
             (id ${isNumber ? 'bigint' : 'text'}, hash text, sealed text, new_hash text, new_sealed text)
           WHERE ${table}.${id} = given.id AND ${unchanged.join(' AND ')}`,
          [JSON.stringify(given)],
        )
      }),
    hasFormerKeys: async () => {
      const rows = await client.unsafe<object[]>('SELECT 1 FROM former_keys LIMIT 1')
      return rows.length > 0
    },
    listServers: async (silentMs) => {
      const rows = await client.unsafe<{ id: string }[]>(
        `SELECT id FROM nodes WHERE heartbeat_at_ms > ${NOW_MS} - $1::bigint`,
        [silentMs],
      )
      return rows.map(({ id }) => id)
    },
  }
}

async function readTransactions(client: Pick<Connection, 'unsafe'>) {
  const [row] = await client.unsafe<{ ended: string; next: string }[]>(
    `SELECT pg_snapshot_xmin(now)::text AS ended, pg_snapshot_xmax(now)::text AS next
     FROM pg_current_snapshot() AS now`,
  )
  return { ended: BigInt(row?.ended ?? 0), next: BigInt(row?.next ?? 0) }
}

/** Without the role pg_monitor, only sessions of the same role are visible. */
async function findOldestTransaction(client: Pick<Connection, 'unsafe'>) {
  const [oldest] = await client.unsafe<OpenTransaction[]>(
    `SELECT pid, round(extract(epoch FROM clock_timestamp() - since))::int AS seconds,
       database, "user", name, state
     FROM (
       SELECT pid, xact_start AS since, datname::text AS database, usename::text AS "user",
         application_name AS name, state, backend_xid AS xid
       FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
       UNION ALL
       SELECT NULL, prepared, database::text, owner::text, gid, 'prepared', transaction
       FROM pg_prepared_xacts
     ) AS transactions ORDER BY age(xid) DESC LIMIT 1`,
  )
  return oldest === undefined ? null : { ...oldest }
}

async function listRows(
  client: Pick<Connection, 'unsafe'>,
  place: SealedPlace,
  after: string | null,
  max: number,
): Promise<readonly SealedRow[]> {
  const { table, id, isNumber, hash, sealed, condition } = sealedPlaces[place]
  const type = isNumber ? 'bigint' : 'text'
  const rows = await client.unsafe<SealedRow[]>(
    `SELECT ${id}::text AS id, ${hash} AS hash, ${sealed} AS sealed FROM ${table}
     WHERE ${id} > $1::text::${type} AND ${condition} ORDER BY ${table}.${id} LIMIT $2`,
    [after ?? (isNumber ? '-1' : ''), max],
  )
  return [...rows]
}
