import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/activations.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  clientField,
  DisplayName,
  DomainText,
  Fingerprint,
  LicenseKeyText,
  literals,
  nullable,
} from './fields.ts'

const example = {
  id: 'act_01jg3m8v5mf1x8yq1r5c2w7h3k',
  license_id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
  kind: 'domain',
  value: 'example.com',
  name: null,
  free: false,
  created_at: '2026-03-06T12:00:00Z',
  last_seen_at: '2026-03-06T12:34:56Z',
  country: null,
}

/** `free`: it takes no slot, by a pattern of its plan beside an activated domain or for development. */
export const Activation = Type.Object(
  {
    id: Type.String(),
    license_id: Type.String(),
    kind: literals(['domain', 'device']),
    value: Type.String(),
    name: nullable(Type.String()),
    free: Type.Boolean(),
    created_at: Type.String(),
    last_seen_at: Type.String(),
    country: nullable(Type.String()),
  },
  { title: 'Activation', description: 'The activation.', examples: [example] },
)
export type Activation = Static<typeof Activation>

/** An app's body: exactly one of `domain` and `fingerprint`; unknown fields are ignored. */
export const ActivateBody = Type.Object(
  {
    key: LicenseKeyText,
    domain: clientField(DomainText),
    fingerprint: clientField(Fingerprint),
    name: clientField(DisplayName),
  },
  {
    additionalProperties: true,
    examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', fingerprint: '5f2b…', name: "Ada's laptop" }],
  },
)
export type ActivateBody = Static<typeof ActivateBody>

export const DeactivateBody = Type.Object(
  { key: LicenseKeyText, domain: clientField(DomainText), fingerprint: clientField(Fingerprint) },
  {
    additionalProperties: true,
    examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', domain: 'example.com' }],
  },
)
export type DeactivateBody = Static<typeof DeactivateBody>

/** `from` is an activation's id or value; `to` the domain or fingerprint in its place. */
export const MoveBody = Type.Object(
  {
    from: Type.String({ minLength: 1, maxLength: 4096 }),
    to: Type.String({ minLength: 1, maxLength: 4096 }),
  },
  { additionalProperties: false, examples: [{ from: 'example.com', to: 'example.org' }] },
)

export function presentActivation(activation: domain.Activation): Activation {
  return {
    id: activation.id,
    license_id: activation.licenseId,
    kind: activation.kind,
    value: activation.value,
    name: activation.name,
    free: activation.isFree,
    created_at: toTimestamp(activation.createdAtMs),
    last_seen_at: toTimestamp(activation.lastSeenAtMs),
    country: activation.country,
  }
}
