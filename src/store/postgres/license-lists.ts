import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter, LicenseStatus } from '~/domain/licenses.ts'
import { foldText, removeInvisible } from '~/domain/text.ts'
import type { Reading } from './engine.ts'

/** Matches are counted up to here. */
const COUNTED_MAX = 100_000

const columns = {
  customerEmail: 'customer_email',
  externalRef: 'external_ref',
  planSlug: 'plan_slug',
  productSlug: 'product_slug',
} as const satisfies { readonly [Name in keyof LicenseFilter]?: string }

/** Selects up to `max` ids, newest first. */
export async function selectIds(
  { client }: Reading,
  filter: LicenseFilter,
  max: number,
  after: string | null = null,
): Promise<string[]> {
  const { conditions, values, add } = buildConditions(filter)
  if (after !== null) add((given) => `id < ${given}`, after)
  values.push(max)
  const rows = await client.unsafe<{ id: string }[]>(
    `SELECT id FROM licenses WHERE ${conditions.join(' AND ')}
     ORDER BY id DESC LIMIT $${values.length}`,
    values,
  )
  return rows.map(({ id }) => id)
}

/** Counts matches. If there are very many, it counts some of them, and `isComplete` is false. */
export async function countLicenses({ client }: Reading, filter: LicenseFilter) {
  const { conditions, values } = buildConditions(filter)
  const [row] = await client.unsafe<{ total: number }[]>(
    `SELECT count(*)::int AS total FROM (
       SELECT FROM licenses WHERE ${conditions.join(' AND ')} LIMIT ${COUNTED_MAX}
     ) AS counted`,
    values,
  )
  const total = row?.total ?? 0
  return { total, isComplete: total < COUNTED_MAX }
}

type Conditions = ReturnType<typeof createConditions>

function createConditions() {
  const values: (string | number)[] = []
  const conditions = ['TRUE']
  return {
    values,
    conditions,
    /** Adds a condition on a value, which is given as `$1` and so on. */
    add(build: (given: string) => string, value: string | number): void {
      values.push(value)
      conditions.push(build(`$${values.length}`))
    },
  }
}

function buildConditions(filter: LicenseFilter): Conditions {
  const built = createConditions()
  const { add, conditions } = built
  const { status, domain, search, expiresBeforeMs, expiresAfterMs, createdAfterMs } = filter
  for (const [name, column] of Object.entries(columns)) {
    const value = filter[name as keyof typeof columns]
    if (value !== undefined) add((given) => `${column} = ${given}`, value)
  }
  if (status !== undefined) conditions.push(buildStatusCondition(status.is, add, status.atMs))
  if (expiresBeforeMs !== undefined) add((given) => `expires_at_ms < ${given}`, expiresBeforeMs)
  if (expiresAfterMs !== undefined) add((given) => `expires_at_ms > ${given}`, expiresAfterMs)
  // Ids are ordered by time.
  if (createdAfterMs !== undefined) {
    add((given) => `id >= ${given}`, formatLowestId('lic', createdAfterMs))
  }
  if (domain !== undefined) {
    const source = "SELECT license_id FROM activations WHERE kind = 'domain' AND value ="
    add((given) => `id IN (${source} ${given})`, domain)
  }
  if (search !== undefined) addSearch(built, search)
  return built
}

const IS_LIVE = 'suspended_at_ms IS NULL AND revoked_at_ms IS NULL'

function buildStatusCondition(status: LicenseStatus, add: Conditions['add'], atMs: number): string {
  switch (status) {
    case 'revoked':
      return 'revoked_at_ms IS NOT NULL'
    case 'suspended':
      return 'suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL'
    case 'expired':
      add((given) => `ends_at_ms <= ${given}`, atMs)
      return IS_LIVE
    case 'active':
      add((given) => `(ends_at_ms IS NULL OR ends_at_ms > ${given})`, atMs)
      return IS_LIVE
    default:
      return status satisfies never
  }
}

/** Each branch is read from an index. */
function addSearch({ values, conditions }: Conditions, search: string): void {
  const folded = foldText(search)
  const text = removeInvisible(search.normalize('NFC')).trim()
  const give = (value: string) => {
    values.push(value)
    return `$${values.length}`
  }
  const branches = [
    buildStart('customer_email', text.toLowerCase(), give),
    buildStart('customer_email_folded', folded, give),
    buildStart('customer_name_folded', folded, give),
    `id = ${give(folded)}`,
    `key_last_four IN (${give(text)}, ${give(text.toUpperCase())})`,
  ]
  const sources = branches.map((branch) => `SELECT id FROM licenses WHERE ${branch}`)
  conditions.push(`id IN (${sources.join(' UNION ALL ')})`)
}

/** Nothing starts with an empty text, which is what a lone accent is folded to. */
export function buildStart(column: string, text: string, give: (value: string) => string): string {
  if (text === '') return 'FALSE'
  return `${column} >= ${give(text)} AND ${column} < ${give(`${text}\u{10ffff}`)}`
}
