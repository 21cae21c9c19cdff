import { assert } from '~/assert.ts'
import type { LicenseRecord, LicenseTerms, TermsSnapshot } from '~/domain/licenses.ts'
import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Validations } from '../port.ts'
import { purchaseColumns, termsColumns, toLicense } from '../shared/licenses.ts'
import { readActivationState } from './activation-state.ts'
import { checkoutUnits } from './checkout-schema.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { toPlanOf } from './plans.ts'
import { readColumns } from './rows.ts'
import { licenses } from './schema.ts'
import type { Uses } from './writer.ts'

const DOMAINS_SHOWN_MAX = 100

const PLAN = `plans.slug AS of_plan, plans.product_slug AS of_product, plans.terms AS plan_terms,
  plans.archived_at_ms AS plan_archived`

/** The oldest domains that hold a slot, as JSON. */
const DOMAINS = `CASE WHEN domains_used > 0 THEN (
    SELECT json_agg(value ORDER BY id)::text FROM (
      SELECT value, id FROM activations
      WHERE license_id = licenses.id AND kind = 'domain' AND NOT is_free
      ORDER BY id LIMIT ${DOMAINS_SHOWN_MAX}
    ) AS oldest
  ) END AS domains`

const COLUMNS = `licenses.*, ${PLAN}, ${DOMAINS}, provider, mode, purchase_ref, item_ref, number, rule_id`
const JOINED = `JOIN plans ON plans.slug = plan_slug
  LEFT JOIN checkout_units ON license_id = licenses.id`

const RECORDS = `
  SELECT ${COLUMNS} FROM licenses ${JOINED} WHERE licenses.id = ANY($1::text::text[])`

const COUNT = `
  WITH counted AS (
    UPDATE licenses SET event_sequence = event_sequence + events,
      domains_used = domains_used + domains, free_domains_used = free_domains_used + free_domains,
      devices_used = devices_used + devices
    FROM json_to_recordset($1::text::json) AS given
      (license_id text, events bigint, domains bigint, free_domains bigint, devices bigint)
    WHERE id = license_id
    RETURNING licenses.*, event_sequence - events AS last
  )
  SELECT last, ${COLUMNS} FROM counted AS licenses ${JOINED}`

const LOCK = `
  SELECT id FROM licenses WHERE id = ANY($1::text::text[]) ORDER BY id FOR NO KEY UPDATE`

const TERMS = `
  SELECT licenses.*, ${PLAN} FROM licenses JOIN plans ON plans.slug = plan_slug
  WHERE licenses.id = coalesce(
    (SELECT id FROM licenses WHERE key_hash = $1),
    (SELECT license_id FROM former_keys WHERE key_hash = $1 AND valid_until_ms > $2))`

type Row = Readonly<Record<string, unknown>>

/** Usage counters by license id. A license without an entry was not used. */
export type Counters = ReadonlyMap<string, UsageCounters>

export const noCounters: Counters = new Map()

/** Licenses by id. */
export type Records = ReadonlyMap<string, LicenseRecord>

export function createValidations(engine: Engine): Validations {
  return {
    findLicense: async (keyHash, nowMs): Promise<TermsSnapshot | null> => {
      const [row] = await engine.client.unsafe<Row[]>(TERMS, [keyHash, nowMs])
      if (row === undefined) return null
      const license: LicenseTerms = readColumns(licenses, row, termsColumns)
      return { license, plan: toPlanOf(row) }
    },
    findActivationState: (snapshot, query) => readActivationState(engine, snapshot, query),
  }
}

/** Reads those of these licenses that exist. */
export async function readRecords(
  { client }: Reading,
  ids: readonly string[],
  counters: Counters = noCounters,
): Promise<Records> {
  if (ids.length === 0) return new Map()
  const rows = await client.unsafe<Row[]>(RECORDS, [formatArray(ids)])
  const records = rows.map((row) => toRecord(row, counters))
  return new Map(records.map((record) => [record.license.id, record]))
}

/** The numbers that a decision adds to those of a license. */
interface Count {
  readonly id: string
  readonly events: number
  readonly uses: Uses | undefined
}

interface Counted {
  readonly record: LicenseRecord
  /** The number of its last event before. */
  readonly lastSequence: number
}

/** Counts events and activations, and returns the licenses as they are then. */
export async function countInRecords(
  { client }: Tx,
  counts: readonly Count[],
  counters: Counters,
): Promise<ReadonlyMap<string, Counted>> {
  if (counts.length === 0) return new Map()
  const given = counts.map(({ id, events, uses }) => ({
    license_id: id,
    events,
    domains: uses?.domainsUsed ?? 0,
    free_domains: uses?.freeDomainsUsed ?? 0,
    devices: uses?.devicesUsed ?? 0,
  }))
  const rows = await client.unsafe<Row[]>(COUNT, [JSON.stringify(given)])
  return new Map(
    rows.map((row) => {
      const record = toRecord(row, counters)
      return [record.license.id, { record, lastSequence: Number(row.last) }]
    }),
  )
}

/**
 * Reads them and keeps them as they are until the transaction ends. They are read by a statement of its
 * own, which sees what was committed while the first one waited.
 */
export async function lockRecords(
  tx: Tx,
  ids: readonly string[],
  counters: Counters = noCounters,
): Promise<Records> {
  const locked = tx.client.unsafe(LOCK, [formatArray(ids)])
  const [, records] = await Promise.all([locked, readRecords(tx, ids, counters)])
  return records
}

/** The same for those that no other transaction has locked. */
export async function lockFreeRecords(
  tx: Tx,
  ids: readonly string[],
  counters: Counters,
): Promise<{ readonly records: Records; readonly locked: ReadonlySet<string> }> {
  const [free, all] = await Promise.all([
    tx.client.unsafe<{ id: string }[]>(`${LOCK} SKIP LOCKED`, [formatArray(ids)]),
    readRecords(tx, ids, counters),
  ])
  const isFree = new Set(free.map(({ id }) => id))
  const records = new Map([...all].filter(([id]) => isFree.has(id)))
  return { records, locked: new Set([...all.keys()].filter((id) => !isFree.has(id))) }
}

function toRecord(row: Row, counters: Counters): LicenseRecord {
  const license = toLicense(readColumns(licenses, row))
  return {
    license,
    plan: toPlanOf(row),
    domains: typeof row.domains === 'string' ? JSON.parse(row.domains) : [],
    usage: counters.get(license.id) ?? noUsage,
    purchase: row.provider === null ? null : readColumns(checkoutUnits, row, purchaseColumns),
  }
}

export function requireRecord(records: Records, id: string): LicenseRecord {
  const record = records.get(id)
  assert(record !== undefined, `license ${id} exists`)
  return record
}
