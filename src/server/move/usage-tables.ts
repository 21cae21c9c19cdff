import type { Column, Row, Table } from './table.ts'

/** A node numbers its rows by itself, so PostgreSQL has two numbers where SQLite has one. */
const NODE_ROWS = 2 ** 31

const integers = (...names: string[]): Column[] =>
  names.map((name) => ({ name, type: 'integer' as const }))
const texts = (...names: string[]): Column[] =>
  names.map((name) => ({ name, type: 'text' as const }))

const validationKey = ['day', 'license', 'at_ms']
const validationFacts = ['error', 'domain', 'fingerprint', 'country', 'address', 'version']

/** Replaces the number of a row by the two of PostgreSQL. */
function splitNumber(row: Row): Row {
  const [day = null, license = null, atMs = null, nth, ...facts] = row
  const number = Number(nth)
  return [day, license, atMs, number % NODE_ROWS, Math.floor(number / NODE_ROWS), ...facts]
}

/** A copy of a table with the same columns in both engines. */
const plain = (name: string, columns: readonly Column[], key: readonly number[]): Table => ({
  name: `usage_${name}`,
  columns,
  sqlite: { source: `usage.${name}`, target: `usage.${name}`, counter: null, key },
  postgres: { source: `usage_${name}`, target: `usage_${name}`, counter: null, key },
})

const licenses = plain(
  'licenses',
  [
    ...integers('position'),
    ...texts('id'),
    ...integers('validation_count', 'last_validated_at_ms'),
  ],
  [0],
)

const validations = plain(
  'validations',
  [
    ...integers(...validationKey, 'nth'),
    ...texts(...validationFacts),
    ...integers('count', 'last_at_ms'),
  ],
  [0, 1, 2, 3],
)

const rollups = plain(
  'rollups',
  [
    ...texts('interval'),
    ...integers('bucket', 'license'),
    ...texts('dimension', 'name'),
    ...integers('valid', 'refused'),
  ],
  [0, 1, 2, 3, 4],
)

const edgeBatches = plain(
  'edge_batches',
  [...texts('edge_id', 'run'), ...integers('number', 'at_ms')],
  [0, 1],
)
const erasures = plain('erasures', [...texts('license_id'), ...integers('at_ms')], [0])

const facts = validationFacts.join()

/**
 * The tables of usage that are moved: the history, its counts and counters. What waits to be counted is
 * counted before.
 */
export const usageTables: readonly Table[] = [
  {
    ...licenses,
    sqlite: { ...licenses.sqlite, counter: 'position' },
    postgres: {
      ...licenses.postgres,
      source: `(SELECT position, id, validation_count,
        coalesce(last_validated_at_ms, 0) AS last_validated_at_ms FROM usage_licenses) AS moved`,
      toStored: ([position = null, id = null, count = null, lastMs]) => [
        ...[position, id, count, lastMs || null],
      ],
      counter: 'position',
    },
  },
  {
    ...validations,
    sqlite: {
      ...validations.sqlite,
      source: `(SELECT ${validationKey.join()}, nth, ${facts}, count,
        coalesce(last_at_ms, at_ms) AS last_at_ms FROM usage.validations)`,
    },
    postgres: {
      ...validations.postgres,
      source: `(SELECT ${validationKey.join()}, node * ${NODE_ROWS}::bigint + nth AS nth, ${facts},
        count, last_at_ms FROM usage_validations) AS moved`,
      columns: [...validationKey, 'nth', 'node', ...validationFacts, 'count', 'last_at_ms'],
      toStored: splitNumber,
    },
  },
  // The keys of the engines differ in their order.
  { ...rollups, postgres: { ...rollups.postgres, key: [0, 2, 1, 3, 4] } },
  edgeBatches,
  erasures,
]
