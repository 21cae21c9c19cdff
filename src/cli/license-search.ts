import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { isRefusal, keyMalformed } from '~/domain/verdicts.ts'
import { createFindByKey } from '~/http/find-by-key.ts'
import { createSearch, MATCHES_MAX } from '~/http/search.ts'
import { presentSearch } from '~/wire/search.ts'
import { createPresent, listRows } from './license-output.ts'
import { printJson, printTable } from './print.ts'
import { printable } from './table.ts'

/** Finds one license by its id or key. Throws a Fault that says whether the key is mistyped. */
export async function findLicense(deps: Deps, text: string): Promise<LicenseRecord> {
  const name = text.trim()
  const byId = await deps.store.licenses.find(name.toLowerCase())
  if (byId !== null) return byId
  const found = await createFindByKey(deps)(name, deps.clock.nowMs())
  const record = isRefusal(found) ? null : await deps.store.licenses.find(found.license.id)
  if (record !== null) return record
  const hint = 'Search for it with: licet licenses find <text>'
  throw found === keyMalformed
    ? new Fault('license_key_malformed', `${keyMalformed.message} ${hint}`)
    : new Fault('not_found', `No license has this id or key. ${hint}`)
}

/** Prints the licenses that a text may mean. Throws a Fault if there are none. */
export async function printMatches(
  deps: Deps,
  text: string,
  { json, reveal }: { readonly json?: true; readonly reveal?: true },
): Promise<void> {
  const result = await createSearch(deps)(text, deps.clock.nowMs())
  const { reading, data, has_more: hasMore } = presentSearch(result, createPresent(deps, reveal))
  if (json) printJson({ reading, data, has_more: hasMore })
  if (data.length === 0) {
    throw reading === 'mistyped_key'
      ? new Fault('not_found', 'This license key is mistyped, and no license has a similar one.')
      : new Fault('not_found', `No license matches ${printable(text)}.`)
  }
  if (reading === 'mistyped_key') {
    process.stderr.write('This license key is mistyped. These licenses have a similar one:\n')
  }
  if (!json) {
    printTable(listRows(data.map((each) => ({ ...each, why: each.why.replaceAll('_', ' ') }))))
  }
  if (hasMore) process.stderr.write(`There may be more: at most ${MATCHES_MAX} are shown.\n`)
}
