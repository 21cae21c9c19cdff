import type { ImportState } from '~/domain/imports.ts'
import type { Plan } from '~/domain/plans.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Imports, ImportTarget } from '../imports-port.ts'
import { HASHING, readHashingRow, toHashingRow } from '../shared/key-hashings.ts'
import { runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { lockRecords, type Records, readRecords } from './licenses.ts'
import { readPlan } from './plans.ts'
import { insertRows, readColumns, selectRow, selectRows } from './rows.ts'
import { activations, licenses, meta } from './schema.ts'

const LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('licet import', 0))"

/** The oldest license with each reference. */
const BY_REFERENCE = `
  SELECT given.number::int AS number, licenses.id
  FROM json_to_recordset($1::text::json) AS given (number int, reference text), LATERAL (
    SELECT id FROM licenses WHERE external_ref = given.reference ORDER BY id LIMIT 1
  ) AS licenses`

/** The license that has each key: a current one comes before a former one. */
const HOLDERS = `
  SELECT given.number::int AS number, licenses.id, licenses.external_ref
  FROM json_to_recordset($1::text::json) AS given (number int, hash text)
  JOIN licenses ON licenses.id = coalesce(
    (SELECT id FROM licenses WHERE key_hash = given.hash),
    (SELECT license_id FROM former_keys WHERE key_hash = given.hash AND valid_until_ms > $2))`

const NAMED_ACTIVATIONS = `
  SELECT given.number::int AS number, activations.*
  FROM json_to_recordset($1::text::json) AS given (number int, license text, names json),
  LATERAL (
    SELECT id FROM json_array_elements_text(given.names) AS wanted (name), activations
    WHERE license_id = given.license AND kind = ANY('{domain,device}') AND activations.value = wanted.name
    UNION SELECT id FROM json_array_elements_text(given.names) AS wanted (name), activations
    WHERE license_id = given.license AND external_id = wanted.name
  ) AS named JOIN activations ON activations.id = named.id`

type Row = Readonly<Record<string, unknown>>

export function createImports(engine: Engine): Imports {
  return {
    read: async (targets, nowMs) => {
      // First, because what another import adds meanwhile is no other license with this key.
      const holders = await readHolders(engine, targets, nowMs)
      const found = await readFound(engine, targets)
      const records = await readRecords(engine, [...found.values()])
      return readStates(engine, targets, { found, records, holders, lock: '' })
    },
    apply: (targets, context, decide) =>
      runCommand(engine, context, async (tx) => {
        // Of two imports of the same file, the second finds the licenses of the first.
        await tx.client.unsafe(LOCK)
        const found = await readFound(tx, targets)
        const records = await lockRecords(tx, [...found.values()])
        const holders = await readHolders(tx, targets, context.nowMs)
        const known = { found, records, holders, lock: 'FOR SHARE' }
        const states = await readStates(tx, targets, known)
        const { result } = await applyDecision(tx, context, decide(states), { records })
        return result
      }),
    addHashing: async (hashing) => {
      await insertRows(engine, meta, [toHashingRow(hashing)], 'ON CONFLICT (name) DO NOTHING')
    },
    listHashings: async () => {
      const condition = `WHERE name LIKE '${HASHING.replace('_', '\\_')}%'`
      const rows = await selectRows(engine, meta, ['name', 'value'], condition)
      return rows.flatMap(readHashingRow)
    },
    findPending: (keyHashes) => {
      const condition = 'WHERE key_hash = ANY($1::text::text[]) LIMIT 1'
      return selectRow(engine, licenses, ['id', 'keyHash'], condition, [formatArray(keyHashes)])
    },
  }
}

interface Known {
  /** The licenses with the references, by the number of the record. */
  readonly found: ReadonlyMap<number, string>
  readonly records: Records
  /** The rows of the licenses with the keys, by the number of the record. */
  readonly holders: ReadonlyMap<unknown, Row>
  /** Keeps plans as they are until the transaction ends. */
  readonly lock: string
}

/** Reads the rest with a few statements for all records. */
async function readStates(
  reading: Reading,
  targets: readonly ImportTarget[],
  { found, records, holders, lock }: Known,
): Promise<ImportState[]> {
  const plans = await readPlans(reading, targets, lock)
  const named = await readActivations(reading, targets, found)
  return targets.map(({ planSlug }, number) => {
    const holder = holders.get(number)
    return {
      plan: planSlug === null ? null : (plans.get(planSlug) ?? null),
      existing: records.get(found.get(number) ?? '') ?? null,
      keyHolder: holder === undefined ? null : readColumns(licenses, holder, ['id', 'externalRef']),
      activations: named
        .filter((row) => row.number === number)
        .map((row) => readColumns(activations, row)),
    }
  })
}

async function readPlans(
  reading: Reading,
  targets: readonly ImportTarget[],
  lock: string,
): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>()
  for (const slug of [...new Set(targets.flatMap(({ planSlug }) => planSlug ?? []))].sort()) {
    const plan = await readPlan(reading, slug, lock)
    if (plan !== null) plans.set(slug, plan)
  }
  return plans
}

async function readHolders(
  { client }: Reading,
  targets: readonly ImportTarget[],
  nowMs: number,
): Promise<Known['holders']> {
  const hashes = listGiven(targets, ({ keyHash }) => keyHash && { hash: keyHash })
  const rows = await client.unsafe<Row[]>(HOLDERS, [hashes, nowMs])
  return new Map(rows.map((row) => [row.number, row]))
}

async function readFound(
  { client }: Reading,
  targets: readonly ImportTarget[],
): Promise<ReadonlyMap<number, string>> {
  const references = listGiven(targets, ({ externalRef: reference }) => ({ reference }))
  const rows = await client.unsafe<{ number: number; id: string }[]>(BY_REFERENCE, [references])
  return new Map(rows.map(({ number, id }) => [number, id]))
}

async function readActivations(
  { client }: Reading,
  targets: readonly ImportTarget[],
  found: ReadonlyMap<number, string>,
): Promise<readonly Row[]> {
  const given = listGiven(targets, ({ activationNames: names }, number) => {
    const license = found.get(number)
    return license === undefined || names.length === 0 ? null : { license, names }
  })
  return given === '[]' ? [] : await client.unsafe<Row[]>(NAMED_ACTIVATIONS, [given])
}

/** Returns what is given of each record with its number, as JSON. */
function listGiven(
  targets: readonly ImportTarget[],
  give: (target: ImportTarget, number: number) => object | null | '',
): string {
  const given = targets.flatMap((target, number) => {
    const part = give(target, number)
    return part ? [{ number, ...part }] : []
  })
  return JSON.stringify(given)
}
