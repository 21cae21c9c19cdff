import type { Place } from '~/domain/activations.ts'
import { type EddItem, parsePlace, readUserAgentUrl } from '~/domain/compat/edd.ts'
import { removeUnstorable } from '~/domain/text.ts'
import type { CompatCall } from './api.ts'
import type { Fields } from './bodies.ts'
import { computeChecksum } from './edd-checksum.ts'
import type { CompatRequest } from './tools.ts'

const VERSION_MAX = 64

/** A request about a license, for the site where the app runs. */
export interface EddRequest {
  readonly action: 'activate' | 'deactivate' | 'check'
  readonly key: string
  readonly item: EddItem
  /** Null if the request names no site. */
  readonly place: Place | null
  readonly version: string | null
  readonly checksum: string
}

const actions: ReadonlyMap<string, EddRequest['action'] | 'get_version'> = new Map([
  ['activate_license', 'activate'],
  ['deactivate_license', 'deactivate'],
  ['check_license', 'check'],
  ['get_version', 'get_version'],
] as const)

interface Readable {
  get(name: string): string | null | undefined
}

/** Whether a request names one of the actions. */
export const hasAction = (fields: Readable): boolean => actions.has(fields.get('edd_action') ?? '')

/** Parses a request. One without a known action checks the license, which changes nothing. */
export function parseRequest({ request }: CompatCall, fields: Fields): EddRequest {
  const action = actions.get(fields.get('edd_action') ?? '') ?? 'check'
  const key = read(fields, 'license')
  const item = readItem(fields)
  const url = readUrl(request, fields)
  const environment = read(fields, 'environment') || 'production'
  const id = item.id ?? false
  const name = item.name || false
  const checksum =
    action === 'activate'
      ? computeChecksum([name, key, url, id, environment])
      : computeChecksum([id, name, key, url, ...(action === 'deactivate' ? [environment] : [])])
  return {
    action: action === 'get_version' ? 'check' : action,
    key,
    item,
    place: parsePlace(url),
    version: read(fields, 'version').slice(0, VERSION_MAX) || null,
    checksum,
  }
}

/** Returns the request of a validation, which activates nothing here. */
export function toPlaceRequest({
  place,
  version,
}: Pick<EddRequest, 'place' | 'version'>): CompatRequest {
  if (place === null) return { version, isExplicit: true }
  return place.kind === 'domain'
    ? { version, isExplicit: true, hostname: place.hostname }
    : { version, isExplicit: true, fingerprint: place.fingerprint }
}

/** Plugins without an ID name the product, and the oldest ones call that `name`. */
export function readItem(fields: Fields): EddItem {
  const id = /^\d{1,15}$/.exec(read(fields, 'item_id'))
  const name = read(fields, 'item_name') || read(fields, 'name')
  return { id: id === null || Number(id[0]) === 0 ? null : Number(id[0]), name }
}

/** WordPress also names its site in the user agent. */
export const readUrl = (request: Request, fields: Fields): string =>
  read(fields, 'url') || readUserAgentUrl(request.headers.get('user-agent') ?? '')

/** Many plugins encode their values before WordPress does, so that they arrive encoded. */
function read(fields: Fields, name: string): string {
  const text = fields.get(name)?.trim() ?? ''
  if (!/%[0-9a-f]{2}/i.test(text)) return text
  try {
    return removeUnstorable(decodeURIComponent(text)).trim()
  } catch {
    return text
  }
}
