import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/activations.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  clientField,
  DisplayName,
  DomainText,
  Fingerprint,
  LicenseKeyText,
  literals,
  nullable,
  Time,
} from './fields.ts'

const PLACE_MAX = 4096
const FINGERPRINT_MAX = 255
const exampleId = 'act_01jg3m8v5mf1x8yq1r5c2w7h3k'
const exampleLicenseId = 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k'
const exampleKey = 'TO-7Q4M-X0ZD-9KTB-2F17'

export const Activation = Type.Object(
  {
    id: Type.String(),
    license_id: Type.String(),
    kind: literals(['domain', 'device'], {
      description: 'Whether `value` is a domain or the fingerprint of a device.',
    }),
    value: Type.String({ description: 'The normalized domain, or the fingerprint of the device.' }),
    name: nullable(Type.String({ description: 'The name that the app gave the device.' })),
    free: Type.Boolean({
      description:
        'Whether the activation takes no slot, as a development domain or through a free pattern of the plan.',
    }),
    created_at: Time,
    last_seen_at: {
      ...Time,
      description: 'When it was last validated or activated, accurate to the hour.',
    },
    country: nullable(
      Type.String({
        description: 'ISO 3166-1 alpha-2 code of the country where it was last seen.',
      }),
    ),
  },
  {
    title: 'Activation',
    description: 'A domain or device on which a license is used.',
    examples: [
      {
        id: exampleId,
        license_id: exampleLicenseId,
        kind: 'domain',
        value: 'example.com',
        name: null,
        free: false,
        created_at: '2026-03-06T12:00:00Z',
        last_seen_at: '2026-03-06T12:00:00Z',
        country: null,
      },
    ],
  },
)
export type Activation = Static<typeof Activation>

/** Exactly one of `domain` and `fingerprint` must be given. */
export const ActivateBody = Type.Object(
  {
    key: LicenseKeyText,
    domain: clientField(DomainText),
    fingerprint: clientField(Fingerprint),
    name: clientField(DisplayName),
  },
  {
    title: 'ActivateRequest',
    additionalProperties: true,
    description: 'Send either a domain or a fingerprint.',
    examples: [{ key: exampleKey, fingerprint: '5f2b…', name: "Ada's laptop" }],
  },
)
export type ActivateBody = Static<typeof ActivateBody>

export const DeactivateBody = Type.Object(
  { key: LicenseKeyText, domain: clientField(DomainText), fingerprint: clientField(Fingerprint) },
  {
    title: 'DeactivateRequest',
    additionalProperties: true,
    description: 'Send either a domain or a fingerprint.',
    examples: [{ key: exampleKey, domain: 'example.com' }],
  },
)
export type DeactivateBody = Static<typeof DeactivateBody>

export const MoveBody = Type.Object(
  {
    from: Type.String({
      minLength: 1,
      maxLength: PLACE_MAX,
      description: 'The ID or the value of the activation to move.',
    }),
    to: Type.String({
      minLength: 1,
      maxLength: PLACE_MAX,
      description: 'The new domain, or the new fingerprint.',
    }),
  },
  {
    title: 'MoveActivationRequest',
    additionalProperties: false,
    examples: [{ from: 'example.com', to: 'example.org' }],
  },
)
export type MoveBody = Static<typeof MoveBody>

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

/** Throws a Fault unless the body has exactly one of `domain` and `fingerprint`. */
export function parseTarget({
  domain = null,
  fingerprint = null,
}: Pick<DeactivateBody, 'domain' | 'fingerprint'>): domain.Target {
  if (domain !== null && fingerprint === null) return parseTargetValue('domain', domain)
  if (fingerprint !== null && domain === null) return parseTargetValue('device', fingerprint)
  throw new Fault('validation_failed', 'Send either a domain or a fingerprint.')
}

/** Throws a Fault at /to, since only `MoveBody` allows a longer fingerprint. */
export function parseTargetValue(kind: domain.Target['kind'], text: string): domain.Target {
  if (kind === 'domain') return { kind, hostname: parseHostname(text) }
  if (text.length <= FINGERPRINT_MAX) return { kind, fingerprint: text }
  throw invalidField('/to', `A fingerprint has 1–${FINGERPRINT_MAX} characters.`)
}
