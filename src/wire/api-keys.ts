import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/api-keys.ts'
import { scopes } from '~/domain/api-keys.ts'
import { toTimestamp } from '~/domain/times.ts'
import { exampleId, Name, OptionalTime, presentOptionalTime, Time, Timestamp } from './fields.ts'
import { Type } from './type.ts'

export const SCOPES_MAX = 30
const SCOPE_LENGTH_MAX = 64

/** Any string: `checkGrant` names the known scopes in its error. */
export const Scope = Type.PublishAs(
  Type.Text(SCOPE_LENGTH_MAX),
  Type.Literals([...scopes, '*'], {
    title: 'Scope',
    description: 'A permission of an API key. `*` grants all of them.',
  }),
)

const example = {
  id: exampleId('key'),
  name: 'billing',
  scopes: ['licenses:read', 'licenses:write'],
  created_at: '2026-03-06T00:00:00Z',
  expires_at: null,
  last_used_at: null,
}

export const ApiKey = Type.Response('ApiKey', 'An API key, without its token.', example, {
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Scope),
  created_at: Time,
  expires_at: OptionalTime,
  last_used_at: OptionalTime,
})
export type ApiKey = Static<typeof ApiKey>

export const CreatedApiKey = Type.Response(
  'CreatedApiKey',
  'A new API key with its token.',
  { ...example, token: 'licet_7Kq2ZtB9xWmR4vN8sJ1cLpD6hF3gYa0eU5iO' },
  {
    ...ApiKey.properties,
    token: Type.ShownOnce(),
  },
)
export type CreatedApiKey = Static<typeof CreatedApiKey>

export const CreateApiKeyBody = Type.Request(
  'CreateApiKeyRequest',
  [{ name: 'billing', scopes: ['licenses:read', 'licenses:write'] }],
  {
    name: Name,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: SCOPES_MAX }),
    expires_at: Type.Optional(Type.Nullable(Timestamp)),
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
