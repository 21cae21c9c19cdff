import { desc, eq, lt, sql } from 'drizzle-orm'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import type { LastSeen } from './last-seen.ts'
import { outcomeOf } from './outcomes.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { apiKeys } from './schema.ts'

export interface ApiKeyReads {
  readApiKey(id: string): ApiKey | null
  readApiKeyByToken(tokenHash: string): ApiKey | null
  readApiKeys(page: PageRequest): Page<ApiKey>
  readReserved(): readonly (ApiKey & { readonly tokenHash: string })[]
}

export function createApiKeyReads(db: Db, lastSeen: Pick<LastSeen, 'findApiKeyUse'>): ApiKeyReads {
  const byToken = db
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.tokenHash, sql.placeholder('tokenHash')))
    .prepare()

  function toApiKey(row: typeof apiKeys.$inferSelect): ApiKey {
    const { position: _order, tokenHash: _secret, ...apiKey } = row
    return { ...apiKey, lastUsedAtMs: lastSeen.findApiKeyUse(apiKey.id) ?? apiKey.lastUsedAtMs }
  }

  function readApiKeys({ limit, after }: PageRequest): Page<ApiKey> {
    const rows = db
      .select()
      .from(apiKeys)
      .where(after === null ? undefined : lt(apiKeys.position, positionOf(after)))
      .orderBy(desc(apiKeys.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toApiKey)
  }

  function readApiKey(id: string): ApiKey | null {
    const row = db.select().from(apiKeys).where(eq(apiKeys.id, id)).get()
    return row === undefined ? null : toApiKey(row)
  }

  function readApiKeyByToken(tokenHash: string): ApiKey | null {
    const row = byToken.get({ tokenHash })
    return row === undefined ? null : toApiKey(row)
  }

  function readReserved() {
    const rows = db.select().from(apiKeys).where(eq(apiKeys.isReserved, true)).all()
    return rows.map((row) => ({ ...toApiKey(row), tokenHash: row.tokenHash }))
  }

  return { readApiKey, readApiKeyByToken, readApiKeys, readReserved }
}

type ApiKeyMethods = Pick<
  FlatStore,
  | 'listApiKeys'
  | 'findApiKey'
  | 'createApiKey'
  | 'changeApiKey'
  | 'replaceReservedApiKey'
  | 'recordApiKeyUse'
>

export function apiKeyMethods({ access, command, lastSeen }: Engine): ApiKeyMethods {
  return {
    listApiKeys: async (page) => access.readApiKeys(page),
    findApiKey: async (tokenHash) => access.readApiKeyByToken(tokenHash),
    createApiKey: async (apiKey, tokenHash, context) => {
      const changes: Change[] = [{ type: 'api_key.create', apiKey, tokenHash }]
      await command(context, () => outcomeOf({ result: apiKey, changes, events: [] }))
      return apiKey
    },
    changeApiKey: (id, context, decide) =>
      command(context, () => {
        const apiKey = access.readApiKey(id)
        return apiKey === null ? null : outcomeOf(decide(apiKey))
      }),
    replaceReservedApiKey: async (reserved, context) => {
      await command(context, () => {
        const former = access.readReserved()
        if (reserved !== null && former.some((key) => key.tokenHash === reserved.tokenHash)) {
          return null
        }
        // Whoever moves the token of a common key into the variable means that key.
        const twin = reserved === null ? null : access.readApiKeyByToken(reserved.tokenHash)
        const replaced = twin === null ? former : [...former, twin]
        const revocations: Change[] = replaced.map(({ id }) => ({ type: 'api_key.revoke', id }))
        const creation: Change[] =
          reserved === null ? [] : [{ type: 'api_key.create', ...reserved }]
        return outcomeOf({ result: null, changes: [...revocations, ...creation], events: [] })
      })
    },
    recordApiKeyUse: lastSeen.recordApiKey,
  }
}
