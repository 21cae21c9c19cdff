import type { ApiKey } from '~/domain/api-keys.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { ApiKeys, Credential } from '../access-port.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'
import { apiKeys } from './schema.ts'

type ApiKeyRow = typeof apiKeys.$inferSelect

export function createApiKeys(engine: Engine): ApiKeys {
  return {
    list: (page) => readNewest(engine, apiKeys, page, (row) => toApiKey(engine, row)),
    find: async (tokenHash) => {
      const row = await selectRow(engine, apiKeys, undefined, 'WHERE token_hash = $1', [tokenHash])
      return row === null ? null : toApiKey(engine, row)
    },
    create: (apiKey, tokenHash, context) =>
      runCommand(engine, context, async (tx) => {
        await insertApiKey(tx, context, { apiKey, tokenHash })
        return apiKey
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const condition = 'WHERE id = $1 FOR NO KEY UPDATE'
        const row = await selectRow(tx, apiKeys, undefined, condition, [id])
        if (row === null) return null
        const apiKey = toApiKey(tx, row)
        const next = decide(apiKey)
        if (next === null) await deleteApiKey(tx, context, apiKey)
        else if (next !== apiKey) await updateApiKey(tx, context, apiKey, next)
        return next ?? apiKey
      }),
    replaceReserved: async (reserved, context) => {
      await runCommand(engine, context, (tx) => replaceReserved(tx, context, reserved))
    },
    recordUse: (id, atMs) => engine.lastSeen.recordApiKey(id, atMs),
  }
}

export function toApiKey({ lastSeen }: Pick<Reading, 'lastSeen'>, row: ApiKeyRow): ApiKey {
  const { position: _order, tokenHash: _secret, ...apiKey } = row
  return { ...apiKey, lastUsedAtMs: lastSeen.findApiKeyUse(apiKey.id) ?? apiKey.lastUsedAtMs }
}

async function replaceReserved(tx: Tx, origin: Origin, reserved: Credential | null): Promise<null> {
  // Nodes that start at the same time have the same reserved key, and one of them writes it.
  await tx.client.unsafe('LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE')
  const former = await selectRows(tx, apiKeys, undefined, 'WHERE is_reserved')
  if (reserved !== null) {
    const { tokenHash } = reserved
    if (former.some((row) => row.tokenHash === tokenHash)) return null
    // The token of an ordinary key may become the reserved one; it then replaces that key.
    const ordinary = await selectRow(tx, apiKeys, undefined, 'WHERE token_hash = $1', [tokenHash])
    if (ordinary !== null) former.push(ordinary)
  }
  for (const row of former) await deleteApiKey(tx, origin, toApiKey(tx, row))
  if (reserved !== null) await insertApiKey(tx, origin, reserved)
  return null
}

async function insertApiKey(
  tx: Tx,
  origin: Origin,
  { apiKey, tokenHash }: Credential,
): Promise<void> {
  await insertRows(tx, apiKeys, [{ ...apiKey, tokenHash }])
  recordAction(tx, origin, 'api_key.create', apiKey.id, describeChange('api_key', null, apiKey))
}

async function updateApiKey(tx: Tx, origin: Origin, former: ApiKey, next: ApiKey): Promise<void> {
  await updateRow(tx, apiKeys, next.id, next)
  recordAction(tx, origin, 'api_key.update', next.id, describeChange('api_key', former, next))
}

async function deleteApiKey(tx: Tx, origin: Origin, former: ApiKey): Promise<void> {
  await tx.client.unsafe('DELETE FROM api_keys WHERE id = $1', [former.id])
  recordAction(tx, origin, 'api_key.revoke', former.id, describeChange('api_key', former, null))
}
