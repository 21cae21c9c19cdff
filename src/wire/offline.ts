import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { invalidField } from '~/domain/faults.ts'
import {
  decodeRequestCode,
  type OfflineRequest,
  REQUEST_CODE_MAX,
  unknownVersion,
} from '~/domain/offline-files.ts'
import { toFieldFault } from './field-faults.ts'
import {
  clientBody,
  deviceNames,
  Fingerprint,
  LicenseKeyText,
  parseDeviceName,
  Slug,
} from './fields.ts'
import { Type } from './type.ts'

const RETURN_CODE_MAX = 100
const VERSION = 1

export const ActivateOfflineBody = Type.Request(
  'ActivateOfflineRequest',
  [{ request: 'LQ1.eyJ2IjoxLCJrZXkiOiJUTy03UTRNLVgwWkQtOUtUQi0yRjE3IiwiZnAiOiI1ZjJiOWMi…' }],
  {
    request: Type.Text(
      REQUEST_CODE_MAX,
      'The request code that the app shows (LQ1.…), or the URL of its QR code.',
    ),
  },
  { additionalProperties: true },
)
export type ActivateOfflineBody = Static<typeof ActivateOfflineBody>

export const DeactivateOfflineBody = clientBody(
  'DeactivateOfflineRequest',
  { code: '7Q4MX-0ZD9K' },
  {
    code: Type.Text(
      RETURN_CODE_MAX,
      'The return code that the app has shown when it deleted its file.',
    ),
  },
)
export type DeactivateOfflineBody = Static<typeof DeactivateOfflineBody>

/** The JSON in a request code. Unknown fields are ignored, as in other requests of apps. */
const RequestCode = Type.Object({
  v: Type.Literal(VERSION),
  product: Type.ClientField(Slug),
  key: LicenseKeyText,
  fp: Fingerprint,
  name: deviceNames.name,
  nonce: Type.String({
    pattern: '^[A-Za-z0-9_-]{16,64}$',
    description: '16–64 letters, digits, hyphens and underscores.',
  }),
})

/** Parses a request code. Throws a Fault at /request that says what to do. */
export function parseRequestCode(text: string): OfflineRequest {
  const json = decodeRequestCode(text)
  if (!Value.Check(RequestCode, json)) throw describeFlaw(json)
  const { product = null, key, fp: fingerprint, nonce } = json
  return { product, key, fingerprint, nonce, name: parseDeviceName({ name: json.name ?? null }) }
}

function describeFlaw(json: unknown) {
  if (hasOtherVersion(json)) return unknownVersion()
  const check = { Errors: (value: unknown) => Value.Errors(RequestCode, value) }
  const [flaw] = toFieldFault('body', check, json).errors ?? []
  const field = flaw?.pointer.slice(1) || 'its JSON'
  const detail = `The app has made an unusable request code (${field}: ${flaw?.detail ?? ''}). Create a new one, or update the app.`
  return invalidField('/request', detail)
}

function hasOtherVersion(json: unknown): boolean {
  return (
    typeof json === 'object' &&
    json !== null &&
    'v' in json &&
    Number.isInteger(json.v) &&
    json.v !== VERSION
  )
}
