import { eq } from 'drizzle-orm'
import type { ApiKey } from '~/domain/api-keys.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { ApiKeys, Credential } from '../access-port.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals, selectNewest } from './parameters.ts'
import { apiKeys } from './schema.ts'

type ApiKeyRow = typeof apiKeys.$inferSelect

export function prepareApiKeys(db: Db) {
  const select = () => db.select().from(apiKeys)
  return {
    byId: select().where(equals(apiKeys.id, 'id')).prepare(),
    byToken: select().where(equals(apiKeys.tokenHash, 'tokenHash')).prepare(),
    reserved: select().where(eq(apiKeys.isReserved, true)).prepare(),
    newest: selectNewest(select().$dynamic(), apiKeys.position).prepare(),
  }
}

export function createApiKeys(engine: Engine): ApiKeys {
  const { byId } = engine.statements.apiKeys
  const { byToken, newest } = engine.committed.statements.apiKeys
  const toItem = (row: ApiKeyRow) => toApiKey(engine, row)
  return {
    list: async (page) => readPageByPosition(page, (range) => newest.all(range), toItem),
    find: async (tokenHash) => {
      const row = byToken.get({ tokenHash })
      return row === undefined ? null : toItem(row)
    },
    create: (apiKey, tokenHash, context) =>
      runCommand(engine, context, () => {
        insertApiKey(engine, context, { apiKey, tokenHash })
        return apiKey
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const row = byId.get({ id })
        if (row === undefined) return null
        const apiKey = toItem(row)
        const next = decide(apiKey)
        if (next === null) deleteApiKey(engine, context, apiKey)
        else if (next !== apiKey) updateApiKey(engine, context, apiKey, next)
        return next ?? apiKey
      }),
    replaceReserved: async (reserved, context) => {
      await runCommand(engine, context, () => replaceReserved(engine, context, reserved))
    },
    recordUse: (id, atMs) => engine.lastSeen.recordApiKey(id, atMs),
  }
}

export function toApiKey({ lastSeen }: Pick<Reading, 'lastSeen'>, row: ApiKeyRow): ApiKey {
  const { position: _order, tokenHash: _secret, ...apiKey } = row
  return { ...apiKey, lastUsedAtMs: lastSeen.findApiKeyUse(apiKey.id) ?? apiKey.lastUsedAtMs }
}

function replaceReserved(engine: Engine, origin: Origin, reserved: Credential | null): null {
  const { reserved: selectReserved, byToken } = engine.statements.apiKeys
  const former = selectReserved.all()
  if (reserved !== null) {
    const { tokenHash } = reserved
    if (former.some((row) => row.tokenHash === tokenHash)) return null
    // The token of an ordinary key may become the reserved one; it then replaces that key.
    const ordinary = byToken.get({ tokenHash })
    if (ordinary !== undefined) former.push(ordinary)
  }
  for (const row of former) deleteApiKey(engine, origin, toApiKey(engine, row))
  if (reserved !== null) insertApiKey(engine, origin, reserved)
  return null
}

function insertApiKey(engine: Engine, origin: Origin, { apiKey, tokenHash }: Credential): void {
  const row = { ...apiKey, tokenHash }
  engine.db.insert(apiKeys).values(row).run()
  recordAction(engine, origin, 'api_key.create', apiKey.id, describeChange('api_key', null, apiKey))
}

function updateApiKey(engine: Engine, origin: Origin, former: ApiKey, apiKey: ApiKey): void {
  engine.db.update(apiKeys).set(apiKey).where(eq(apiKeys.id, apiKey.id)).run()
  recordAction(
    engine,
    origin,
    'api_key.update',
    apiKey.id,
    describeChange('api_key', former, apiKey),
  )
}

function deleteApiKey(engine: Engine, origin: Origin, former: ApiKey): void {
  engine.db.delete(apiKeys).where(eq(apiKeys.id, former.id)).run()
  recordAction(engine, origin, 'api_key.revoke', former.id, describeChange('api_key', former, null))
}
