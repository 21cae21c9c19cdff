import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/operators.ts'
import { toTimestamp } from '~/domain/times.ts'
import { SCOPES_MAX, Scope } from './api-keys.ts'
import {
  exampleId,
  Name,
  OptionalTime,
  omitUndefined,
  presentOptionalTime,
  Time,
} from './fields.ts'
import { Type } from './type.ts'

const example = {
  id: exampleId('op'),
  name: 'Ada Lovelace',
  scopes: ['*'],
  created_at: '2026-03-06T00:00:00Z',
  disabled_at: null,
}

export const Operator = Type.Response(
  'Operator',
  'A person who signs in to the dashboard.',
  example,
  {
    id: Type.String(),
    name: Type.String(),
    scopes: Type.Array(Scope),
    created_at: Time,
    disabled_at: OptionalTime,
  },
)
export type Operator = Static<typeof Operator>

const Scopes = Type.Array(Scope, { minItems: 1, maxItems: SCOPES_MAX })

export const CreateOperatorBody = Type.Request(
  'CreateOperatorRequest',
  [{ name: 'Ada Lovelace', scopes: ['licenses:read', 'licenses:write'] }],
  { name: Name, scopes: Type.Optional(Scopes) },
)

export const UpdateOperatorBody = Type.Request('UpdateOperatorRequest', [{ disabled: true }], {
  name: Type.Optional(Name),
  scopes: Type.Optional(Scopes),
  disabled: Type.Optional(
    Type.Boolean({ description: 'True ends all sessions of the operator, and allows no more.' }),
  ),
})
export type UpdateOperatorBody = Static<typeof UpdateOperatorBody>

export function parseOperatorUpdate(body: UpdateOperatorBody): domain.OperatorUpdate {
  return omitUndefined(body)
}

export function presentOperator(operator: domain.Operator): Operator {
  return {
    id: operator.id,
    name: operator.name,
    scopes: [...operator.scopes],
    created_at: toTimestamp(operator.createdAtMs),
    disabled_at: presentOptionalTime(operator.disabledAtMs),
  }
}

export const SetupLink = Type.Response(
  'SetupLink',
  'A link that signs in once.',
  {
    url: 'https://licenses.example.com/admin#setup=an-example-of-a-setup-token',
    expires_at: '2026-03-06T00:15:00Z',
  },
  {
    url: Type.ShownOnce(),
    expires_at: Time,
  },
)
export type SetupLink = Static<typeof SetupLink>
