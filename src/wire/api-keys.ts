import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/api-keys.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Name, nullable, presentOptionalTime, Timestamp } from './fields.ts'

const SCOPES_MAX = 30

const example = {
  id: 'key_01jg3m8v5mf1x8yq1r5c2w7h3k',
  name: 'billing',
  scopes: ['licenses:read', 'licenses:write'],
  created_at: '2026-03-06T00:00:00Z',
  expires_at: null,
  last_used_at: null,
}

export const ApiKey = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    scopes: Type.Array(Type.String()),
    created_at: Type.String(),
    expires_at: nullable(Type.String()),
    last_used_at: nullable(Type.String()),
  },
  { title: 'ApiKey', description: 'The API key.', examples: [example] },
)
export type ApiKey = Static<typeof ApiKey>

/** `token` stands in the first answer only; a replay has null in its place. */
export const CreatedApiKey = Type.Object(
  { ...ApiKey.properties, token: nullable(Type.String()) },
  {
    title: 'CreatedApiKey',
    description: 'The API key, with its token this once.',
    examples: [{ ...example, token: 'licet_7Kq2ZtB9xWmR4vN8sJ1cLpD6hF3gYa0eU5iO' }],
  },
)
export type CreatedApiKey = Static<typeof CreatedApiKey>

export const CreateApiKeyBody = Type.Object(
  {
    name: Name,
    scopes: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: SCOPES_MAX }),
    expires_at: Type.Optional(nullable(Timestamp)),
  },
  {
    additionalProperties: false,
    examples: [{ name: 'billing', scopes: ['licenses:read', 'licenses:write'] }],
  },
)
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>

export function presentApiKey(apiKey: domain.ApiKey): ApiKey {
  return {
    id: apiKey.id,
    name: apiKey.name,
    scopes: [...apiKey.scopes],
    created_at: toTimestamp(apiKey.createdAtMs),
    expires_at: presentOptionalTime(apiKey.expiresAtMs),
    last_used_at: presentOptionalTime(apiKey.lastUsedAtMs),
  }
}
