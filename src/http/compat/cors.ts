import { corsHeaders } from '../plugins/cors.ts'
import type { CompatMatch } from './match.ts'

const PREFLIGHT_SECONDS = '86400'
const ALLOWED_HEADERS =
  'accept, authorization, content-type, keygen-accept-signature, keygen-version, x-request-id'

/** Returns the headers that let pages of any origin read a response: none for the routes of vendors. */
export const compatCors = ({ isOpen }: CompatMatch): Readonly<Record<string, string>> =>
  isOpen ? corsHeaders : {}

/** Responds to the preflight of a page. Some SDKs send the license key in the Authorization header. */
export function preflight(
  { methods }: CompatMatch,
  set: { readonly headers: Record<string, unknown>; status?: number | string },
): string {
  set.status = 204
  Object.assign(set.headers, {
    'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': PREFLIGHT_SECONDS,
  })
  return ''
}
