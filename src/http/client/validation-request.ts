import { cutText, removeUnstorable } from '~/domain/text.ts'
import { parseDomain } from '~/domain/validations.ts'
import { parseDeviceName } from '~/wire/fields.ts'
import type { ValidateBody } from '~/wire/validations.ts'
import type { ClientCall, ClientParts } from './find-license.ts'

const VERSION_MAX = 64

/** Returns a function that parses the body of a validation, and adds the country of its client. */
export function createParseRequest({ countryOf }: Pick<ClientParts, 'countryOf'>) {
  return (body: ValidateBody, { request }: ClientCall) => ({
    product: body.product ?? undefined,
    features: body.features ?? undefined,
    hostname: parseDomain(body.domain ?? undefined),
    fingerprint: body.fingerprint ?? undefined,
    deviceName: parseDeviceName(body) ?? undefined,
    country: countryOf(request),
    version: body.version ? cutText(removeUnstorable(body.version), VERSION_MAX) || null : null,
  })
}
