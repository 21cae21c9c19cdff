import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/license-files.ts'
import { TIME_MAX_MS, toTimestamp } from '~/domain/times.ts'
import { DomainText, exampleId, Fingerprint, OptionalTime, Time } from './fields.ts'
import { Type } from './type.ts'

const DOMAINS_MAX = 20
const DAYS_MAX = 3650
const NAME_MAX = 200

const file = {
  id: Type.Described('The `jti` of its token.'),
  expires_at: {
    ...OptionalTime,
    description: 'When it stops working; null if it works for as long as the license.',
  },
  fingerprint_bound: Type.Boolean({ description: 'Whether it works on one device only.' }),
  domains: Type.Array(Type.String(), {
    description:
      'The domains it is bound to, such as `example.com` or `*.example.com`; empty if it is bound to none.',
  }),
  activations: Type.Array(Type.String(), {
    description: 'The IDs of the activations it relies on.',
  }),
}

const example = {
  id: 'pLzQ0cXbT2mS9uYw4kHd1A',
  expires_at: '2027-03-06T12:00:00Z',
  fingerprint_bound: true,
  domains: [],
  activations: [exampleId('act')],
}

export const LicenseFile = Type.Response(
  'LicenseFile',
  'A license file, with which an app works without a connection.',
  { ...example, issued_at: '2026-03-06T12:00:00Z', returned_at: null },
  {
    ...file,
    issued_at: Time,
    returned_at: {
      ...OptionalTime,
      description: 'When its return code was entered, which has freed its slots.',
    },
  },
)
export type LicenseFile = Static<typeof LicenseFile>

export const IssuedLicenseFile = Type.Response(
  'IssuedLicenseFile',
  'A new license file with its text, which is not stored.',
  {
    ...example,
    file: '-----BEGIN LICET LICENSE-----\neyJhbGciOiJFZERTQSIsImtpZCI6Ijh…\n-----END LICET LICENSE-----\n',
  },
  { ...file, file: Type.Described('The signed file, to be saved or pasted as it is.') },
)
export type IssuedLicenseFile = Static<typeof IssuedLicenseFile>

/** The fields that describe a new license file. */
export const fileFields = {
  fingerprint: Fingerprint,
  name: Type.Line(NAME_MAX, 'The name of the device, up to 200 characters.'),
  domains: Type.List(
    DomainText,
    DOMAINS_MAX,
    `Up to ${DOMAINS_MAX} domains to activate and to bind the file to.`,
  ),
  days: Type.IntegerBetween(
    1,
    DAYS_MAX,
    `How many days the file is valid, 1–${DAYS_MAX}; at most \`offline.file_days\` of the plan, which is the default.`,
  ),
  mail: Type.Boolean({ description: 'Whether the customer also gets the file by email.' }),
}

/** Without a body, the file is bound to nothing, which only licenses without limits allow. */
export const CreateFileBody = Type.Optional(
  Type.Request(
    'CreateLicenseFileRequest',
    [{ fingerprint: '5f2b9c', name: "Ada's laptop" }],
    Type.Optionals(fileFields),
  ),
)
export type CreateFileBody = Exclude<Static<typeof CreateFileBody>, undefined>

export function presentLicenseFile(file: domain.LicenseFile): LicenseFile {
  const { issuedAtMs, returnedAtMs } = file
  return {
    ...presentFacts(file),
    issued_at: toTimestamp(issuedAtMs),
    returned_at: returnedAtMs === null ? null : toTimestamp(returnedAtMs),
  }
}

export function presentIssuedFile(file: domain.LicenseFile, text: string): IssuedLicenseFile {
  return { ...presentFacts(file), file: text }
}

function presentFacts(file: domain.LicenseFile) {
  const { id, expiresAtMs, isFingerprintBound, domains, activationIds } = file
  return {
    id,
    expires_at: expiresAtMs >= TIME_MAX_MS ? null : toTimestamp(expiresAtMs),
    fingerprint_bound: isFingerprintBound,
    domains: [...(domains ?? [])],
    activations: [...activationIds],
  }
}
