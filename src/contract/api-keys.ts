import { type Static, Type } from '@sinclair/typebox'
import { Name, nullable, Timestamp } from './fields.ts'

const SCOPES_MAX = 30

export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: Type.String(),
  expires_at: nullable(Type.String()),
  last_used_at: nullable(Type.String()),
})
export type ApiKey = Static<typeof ApiKey>

/** `token` stands in the first answer only; a replay has null in its place. */
export const CreatedApiKey = Type.Object({ ...ApiKey.properties, token: nullable(Type.String()) })
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
