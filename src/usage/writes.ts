import type { Database } from 'bun:sqlite'
import { createClockMap, type Used } from '~/clock-map.ts'
import { OVERTAKING_MAX_MS } from '~/domain/times.ts'
import type { CountersByLicense, Rollup, Rollups, ValidationRecord } from '~/domain/usage.ts'
import { addToCounters, addToRollups, getBucket } from '~/domain/usage.ts'
import { type FindNumber, lastFolded } from './queries.ts'
import { hasSharing, parseFacts } from './records.ts'
import { createRepeats, type Repeat, type Repeats } from './repeats.ts'

/** Up to this many repeats are folded with the batch that brings them. */
const FOLDED_AT_ONCE_MAX = 500
/**
 * More are staged, because a page of the file that is written once for many of them costs less. Not
 * too many: a shutdown waits for a fold.
 */
const STAGED_MAX = 25_000
/** Licenses whose numbers are remembered. */
const NUMBERS_MAX = 100_000

type Statements = ReturnType<typeof prepareStatements>
type NumberOf = (licenseId: string) => number

/**
 * Writes batches, each all or nothing. A batch is on disk once it is staged, which is one row. Folding
 * moves staged batches into the history, the rollups and the counters of the licenses.
 */
export function createWriter(db: Database, findNumber: FindNumber) {
  const statements = prepareStatements(db)
  /** Null until batches are folded that an earlier process has staged, or this one before an error. */
  let repeats: Repeats | null = null
  let numberOf = createNumberOf(statements, findNumber)

  const writeBatch = db.transaction((number: number, text: string) => {
    const current = load()
    if (statements.setLast.run(number).changes === 0) return []
    const begun = current.add(text)
    const count = current.countUnwritten()
    if (count <= FOLDED_AT_ONCE_MAX || count >= STAGED_MAX) foldRepeats(current)
    else statements.stage.run(number, text)
    return begun
  })
  const foldAll = db.transaction(() => foldRepeats(load()))

  function load(): Repeats {
    if (repeats !== null) return repeats
    repeats = createRepeats()
    for (const { text } of statements.selectStaged.iterate()) repeats.add(text)
    foldRepeats(repeats)
    return repeats
  }

  function foldRepeats(current: Repeats): void {
    const taken = current.takeUnwritten()
    if (taken.length === 0) return
    fold(statements, taken, numberOf)
    statements.deleteStaged.run()
  }

  /** Forgets what is in memory after an error, because the transaction was rolled back. */
  function run<Result>(transact: () => Result): Result {
    try {
      return transact()
    } catch (error) {
      repeats = null
      numberOf = createNumberOf(statements, findNumber)
      throw error
    }
  }

  return {
    /** Writes a batch unless it was written before. Returns its validations with sharing thresholds. */
    write: (number: number, text: string): readonly ValidationRecord[] =>
      run(() => writeBatch.immediate(number, text))
        .filter(({ facts }) => hasSharing(facts))
        .map(({ facts, atMs }) => parseFacts(facts, atMs)),
    fold: () => run(foldAll.immediate),
    /** Returns the number of the last batch that is folded. */
    readLastFolded: () => statements.selectLastFolded.get()?.number ?? 0,
    hasStaged: () => statements.selectFirstStaged.get() !== null,
    forget: () => repeats?.forget(),
  }
}

/** Finds the numbers of licenses, and creates those that are missing. */
function createNumberOf({ addLicense }: Statements, findNumber: FindNumber): NumberOf {
  const known = createClockMap<string, Used & { readonly number: number }>(NUMBERS_MAX)
  return (licenseId) => {
    const found = known.get(licenseId)
    if (found !== undefined) return found.number
    const number = findNumber(licenseId) ?? Number(addLicense.run(licenseId).lastInsertRowid)
    known.set(licenseId, { number, isUsed: false })
    return number
  }
}

/** Writes in the order of the table, so that each page is changed once. */
function fold(statements: Statements, repeats: readonly Repeat[], numberOf: NumberOf): void {
  const rollups: Rollups = new Map()
  const counters: CountersByLicense = new Map()
  const numbered = repeats.map((repeat) => {
    const record = parseFacts(repeat.facts, repeat.atMs)
    addToRollups(rollups, record, repeat.count)
    const { count, lastAtMs } = repeat
    if (record.error === null) addToCounters(counters, record.licenseId, count, lastAtMs)
    return { license: numberOf(record.licenseId), record, repeat }
  })
  for (const { license, record, repeat } of numbered.sort((a, b) => a.license - b.license)) {
    if (repeat.isStored) writeRow(statements, license, record, repeat)
    repeat.count = 0
  }
  for (const rollup of rollups.values()) {
    const { interval, bucket, licenseId, dimension, name, valid, refused }: Rollup = rollup
    const license = licenseId === null ? 0 : numberOf(licenseId)
    statements.addRollup.run(interval, bucket, license, dimension, name, valid, refused)
  }
  for (const [licenseId, { validationCount, lastValidatedAtMs }] of counters) {
    statements.addCounters.run(validationCount, lastValidatedAtMs, numberOf(licenseId))
  }
}

/** Adds the repeat to its row, or inserts it. */
function writeRow(
  { addRepeats, insert, selectNext }: Statements,
  license: number,
  record: ValidationRecord,
  repeat: Repeat,
): void {
  const { atMs, error, domain, fingerprint, country, address, version } = record
  const day = getBucket(atMs, 'day')
  const { count } = repeat
  const lastAtMs = repeat.lastAtMs === atMs ? null : repeat.lastAtMs
  if (repeat.nth !== null) {
    const { changes } = addRepeats.run(count, lastAtMs, day, license, atMs, repeat.nth)
    if (changes > 0) return
  }
  const facts = [error, domain, fingerprint, country, address, version, count, lastAtMs]
  // Two in one ms are rare, so trying costs less than asking first.
  repeat.nth = 0
  if (insert.run(day, license, atMs, 0, ...facts).changes > 0) return
  repeat.nth = selectNext.get(day, license, atMs)?.nth ?? 0
  insert.run(day, license, atMs, repeat.nth, ...facts)
}

function prepareStatements(db: Database) {
  return {
    setLast: db.query(
      `INSERT INTO batches (id, number) VALUES (0, ?)
       ON CONFLICT DO UPDATE SET number = excluded.number WHERE number < excluded.number`,
    ),
    stage: db.query('INSERT INTO staged_batches (number, text) VALUES (?, ?)'),
    selectStaged: db.query<{ text: string }, []>('SELECT text FROM staged_batches ORDER BY number'),
    selectFirstStaged: db.query('SELECT 1 FROM staged_batches LIMIT 1'),
    deleteStaged: db.query('DELETE FROM staged_batches'),
    selectLastFolded: db.query<{ number: number }, []>(`SELECT ${lastFolded} AS number`),
    addLicense: db.query('INSERT INTO licenses (id) VALUES (?)'),
    insert: db.query(
      `INSERT INTO validations (day, license, at_ms, nth,
         error, domain, fingerprint, country, address, version, count, last_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    selectNext: db.query<{ nth: number }, [number, number, number]>(
      `SELECT max(nth) + 1 AS nth FROM validations
       WHERE day = ? AND license = ? AND at_ms = ?`,
    ),
    addRepeats: db.query(
      `UPDATE validations SET count = count + ?, last_at_ms = ?
       WHERE day = ? AND license = ? AND at_ms = ? AND nth = ?`,
    ),
    addRollup: db.query(
      `INSERT INTO rollups (interval, bucket, license, dimension, name, valid, refused)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET valid = valid + excluded.valid, refused = refused + excluded.refused`,
    ),
    addCounters: db.query(
      `UPDATE licenses SET validation_count = validation_count + ?1,
         last_validated_at_ms =
           iif(last_validated_at_ms > ?2 + ${OVERTAKING_MAX_MS}, ?2, max(last_validated_at_ms, ?2))
       WHERE position = ?3`,
    ),
  }
}
