import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import { listNearKeys } from '~/domain/key-typos.ts'
import type { LicenseFilter, LicenseRecord } from '~/domain/licenses.ts'
import { isRefusal, keyMalformed, type UnknownKey } from '~/domain/verdicts.ts'
import { createFindByKey } from '~/http/find-by-key.ts'
import { parseEmail } from '~/wire/fields.ts'

/** The maximum of each way to match. */
export const MATCHES_MAX = 100

/** How a text was understood. */
export type Reading = 'id' | 'key' | 'mistyped_key' | 'text'

export interface Match {
  readonly record: LicenseRecord
  /** The part of the license that the text matches, for people. */
  readonly why: string
}

export interface Found {
  readonly reading: Reading
  readonly matches: readonly Match[]
  readonly isCut: boolean
}

/** Finds one license by its id or key. Throws a Fault that says whether the key is mistyped. */
export async function findLicense(deps: Deps, name: string): Promise<LicenseRecord> {
  const found = await findByName(deps, name.trim())
  if (!isUnknown(found)) return found.record
  const hint = 'Search for it with: licet licenses find <text>'
  throw found === keyMalformed
    ? new Fault('license_key_malformed', `${keyMalformed.message} ${hint}`)
    : new Fault('not_found', `No license has this id or key. ${hint}`)
}

/** Finds licenses by an id, a key, an email address, a domain, a reference, or the start of a name. */
export async function searchLicenses(deps: Deps, text: string): Promise<Found> {
  const trimmed = text.trim()
  if (trimmed === '') throw new Fault('validation_failed', 'Enter some text to search for.')
  const found = await findByName(deps, trimmed)
  if (!isUnknown(found)) return { ...found, matches: [found], isCut: false }
  const near = await findNear(deps, trimmed)
  const pages = await Promise.all(
    buildFilters(trimmed).map(async ({ why, ...filter }) => {
      const { data, nextAfter } = await list(deps, filter)
      return { matches: data.map((record) => ({ record, why })), isCut: nextAfter !== null }
    }),
  )
  const others = pages.flatMap(({ matches }) => matches)
  const byId = new Map([...others, ...near].reverse().map((each) => [each.record.license.id, each]))
  return {
    reading: found === keyMalformed && others.length === 0 ? 'mistyped_key' : 'text',
    matches: [...byId.values()].reverse(),
    isCut: pages.some(({ isCut }) => isCut),
  }
}

type ByName = Match & { readonly reading: Reading }

const isUnknown = (found: ByName | UnknownKey): found is UnknownKey => 'valid' in found

async function findByName(deps: Deps, name: string): Promise<ByName | UnknownKey> {
  const byId = await deps.store.licenses.find(name.toLowerCase())
  if (byId !== null) return { reading: 'id', why: 'id', record: byId }
  const found = await createFindByKey(deps)(name, deps.clock.nowMs())
  if (isRefusal(found)) return found
  const record = await deps.store.licenses.find(found.license.id)
  if (record === null) throw new Fault('not_found', 'The license has just been deleted.')
  return { reading: 'key', why: 'license key', record }
}

/** Finds the licenses whose keys are one typo away. */
async function findNear(deps: Deps, text: string): Promise<readonly Match[]> {
  const found = await Promise.all(listNearKeys(text).map((key) => findByName(deps, key)))
  return found.flatMap((each) =>
    isUnknown(each) ? [] : [{ record: each.record, why: 'license key with one typo' }],
  )
}

function buildFilters(text: string): readonly (LicenseFilter & { readonly why: string })[] {
  const hostname = text.includes('@') ? null : parseHostname(text)
  const domains = new Set([hostname?.host, hostname?.root])
  return [
    { why: 'email address', customerEmail: parseEmail(text) },
    { why: 'reference', externalRef: text },
    ...[...domains].flatMap((domain) => (domain ? [{ why: 'domain', domain }] : [])),
    { why: 'start of address or name, or end of key', search: text },
  ]
}

function list({ store }: Deps, filter: LicenseFilter) {
  return store.licenses.list(filter, { limit: MATCHES_MAX, after: null })
}
