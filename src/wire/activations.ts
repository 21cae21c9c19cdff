import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/activations.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  clientBody,
  DomainText,
  deviceNames,
  exampleId,
  FINGERPRINT_MAX,
  Fingerprint,
  requirements,
  Time,
} from './fields.ts'
import { Signed, signingFields } from './signing.ts'
import { findTextFlaw } from './text.ts'
import { Type } from './type.ts'

const PLACE_MAX = 4096

const example = {
  id: exampleId('act'),
  license_id: exampleId('lic'),
  kind: 'domain',
  value: 'example.com',
  name: null,
  free: false,
  created_at: '2026-03-06T12:00:00Z',
  last_seen_at: '2026-03-06T12:00:00Z',
  country: null,
}

export const Activation = Type.Response(
  'Activation',
  'A domain or device on which a license is used.',
  example,
  {
    id: Type.String(),
    license_id: Type.String(),
    kind: Type.Literals(['domain', 'device'], {
      description: 'Whether `value` is a domain or the fingerprint of a device.',
    }),
    value: Type.Described('The normalized domain, or the fingerprint of the device.'),
    name: Type.Nullable(Type.Described('The name that the app gave the device.')),
    free: Type.Boolean({
      description:
        'Whether the activation takes no slot, as a development domain or through a free pattern of the plan.',
    }),
    created_at: Time,
    last_seen_at: {
      ...Time,
      description: 'When it was last validated or activated, accurate to the hour.',
    },
    country: Type.Nullable(
      Type.Described('ISO 3166-1 alpha-2 code of the country where it was last seen.'),
    ),
    external_id: Type.Optional(
      Type.Described('Its ID in the API of another product, if it came from there.'),
    ),
  },
)
export type Activation = Static<typeof Activation>

export const ActivateResponse = Type.Response(
  'ActivateResponse',
  'An activation, signed if the request asks for it.',
  example,
  { ...Activation.properties, signed: Signed },
)

/** Exactly one of `domain` and `fingerprint` must be given. */
export const ActivateBody = clientBody(
  'ActivateRequest',
  { fingerprint: '5f2b9c', name: "Ada's laptop" },
  {
    domain: Type.ClientField(DomainText),
    fingerprint: Type.ClientField(Fingerprint),
    ...deviceNames,
    ...requirements,
    ...signingFields,
  },
  { description: 'Send either a domain or a fingerprint.' },
)

export const DeactivateBody = clientBody(
  'DeactivateRequest',
  { domain: 'example.com' },
  { domain: Type.ClientField(DomainText), fingerprint: Type.ClientField(Fingerprint) },
  { description: 'Send either a domain or a fingerprint.' },
)
export type DeactivateBody = Static<typeof DeactivateBody>

export const MoveBody = Type.Request(
  'MoveActivationRequest',
  [{ from: 'example.com', to: 'example.org' }],
  {
    from: Type.NonEmpty(PLACE_MAX, 'The ID or the value of the activation to move.'),
    to: Type.NonEmpty(PLACE_MAX, 'The new domain, or the new fingerprint.'),
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
    ...(activation.externalId === null ? {} : { external_id: activation.externalId }),
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
  const flaw = findTextFlaw(Fingerprint, text)
  if (flaw == null) return { kind, fingerprint: text }
  throw invalidField('/to', `${flaw} A fingerprint has 1–${FINGERPRINT_MAX} characters.`)
}
