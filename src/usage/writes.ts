import type { Database } from 'bun:sqlite'
import { createClockMap, type Used } from '~/clock-map.ts'
import { OVERTAKING_MAX_MS } from '~/domain/times.ts'
import type { Rollups, ValidationRecord } from '~/domain/usage.ts'
import { addToRollups, getBucket, listLicenseNames } from '~/domain/usage.ts'
import type { EdgePart } from './edge-batches.ts'
import type { FindNumber } from './queries.ts'
import { parseFacts } from './records.ts'
import type { Repeat } from './repeat-source.ts'
import type { Repeats } from './repeats.ts'
import { getShard, SHARDS } from './shards.ts'
import { createStagedTable, readStaged } from './staged.ts'

/** Up to this many repeats are folded with the batch that brings them. */
const FOLDED_AT_ONCE_MAX = 500
/** More are staged. Each shard is folded once in this time, so that a repeat is written once for many. */
const FOLD_INTERVAL_MS = 60_000
/** A shard with more repeats is folded earlier, because they are in memory. */
const UNFOLDED_MAX = 8192
/** Licenses whose numbers are remembered. */
const NUMBERS_MAX = 100_000
/** In place of a license number, in rollups. */
const ALL_LICENSES = 0
const allShards = Array.from({ length: SHARDS }, (_, shard) => shard)

type Statements = ReturnType<typeof prepareStatements>
type NumberOf = (licenseId: string) => number
/** Returns the lines of the batches that are new, and makes them the last ones of their edges. */
type TakeNew = (parts: readonly EdgePart[]) => readonly string[]

/**
 * Writes batches, each all or nothing. A batch is on disk once it is staged, which is a row per shard.
 * Folding moves a shard from there into the history, the rollups and the counters of its licenses.
 */
export function createWriter(db: Database, findNumber: FindNumber, takeNew: TakeNew) {
  const statements = prepareStatements(db)
  const staged = createStagedTable(db)
  /** Those that are staged, and recent ones. Null until they are read, at first and after an error. */
  let repeats: Repeats | null = null
  let numberOf = createNumberOf(statements, findNumber)
  const watched: ValidationRecord[] = []
  const takeTurn = createTurns()

  const writeBatch = db.transaction((number: number, text: string, parts: readonly EdgePart[]) => {
    const current = load()
    if (statements.setLast.run(number).changes === 0) return []
    current.add(text, takeNew(parts))
    const added = current.takeStaged()
    if (current.countUnfolded() <= FOLDED_AT_ONCE_MAX)
      return current.listLarger(0).flatMap(foldShard)
    staged.insert(number, added)
    return []
  })
  const foldAlone = db.transaction(foldShard)

  const load = (): Repeats => (repeats ??= readStaged(db).repeats)

  /** Returns the validations with sharing thresholds that have new rows. */
  function foldShard(shard: number): readonly ValidationRecord[] {
    const begun = fold(statements, load().listUnfolded(shard), numberOf)
    staged.delete(shard)
    load().endFold(shard)
    return begun.filter(({ sharing }) => sharing !== null)
  }

  /** Forgets what is in memory after an error, because the transaction was rolled back. */
  function run(transact: () => readonly ValidationRecord[]): void {
    try {
      for (const one of transact()) watched.push(one)
    } catch (error) {
      repeats = null
      numberOf = createNumberOf(statements, findNumber)
      throw error
    }
  }

  /** Folds some shards, each in its own transaction. */
  function foldAll(shards: readonly number[]): void {
    const withAny = load().listLarger(0)
    for (const shard of shards.filter((one) => withAny.includes(one))) {
      run(() => foldAlone.immediate(shard))
    }
  }

  return {
    /** Writes a batch, and what edges have sent, unless it was written before. */
    write: (number: number, text: string, parts: readonly EdgePart[]) =>
      run(() => writeBatch.immediate(number, text, parts)),
    /** Folds the shards of these licenses; null means all. */
    fold: (licenseIds: readonly string[] | null) => foldAll(listShards(licenseIds)),
    /** Folds the shards that are large, and the next one if it is due. */
    foldDue: (): void => {
      foldAll([...load().listLarger(UNFOLDED_MAX), ...takeTurn()])
    },
    /** Returns, for each shard, the number of the last batch that is folded. */
    listLastFolded: staged.listLastFolded,
    /** Returns the validations with sharing thresholds that were folded since the last call. */
    takeWatched: (): readonly ValidationRecord[] => watched.splice(0),
    /** Begins new rows from here on. */
    forget: () => repeats?.forget(),
  }
}

function listShards(licenseIds: readonly string[] | null): readonly number[] {
  return licenseIds === null ? allShards : [...new Set(licenseIds.map(getShard))]
}

/** Returns a function that returns each shard once per interval, one by one. */
function createTurns(): () => readonly number[] {
  let last = 0
  let lastAtMs = performance.now()
  return () => {
    if (performance.now() - lastAtMs < FOLD_INTERVAL_MS / SHARDS) return []
    lastAtMs = performance.now()
    last = (last + 1) % SHARDS
    return [last]
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

/**
 * Writes in the order of the table, so that each page is changed once. Returns the validations that
 * have new rows.
 */
function fold(
  statements: Statements,
  repeats: readonly Repeat[],
  numberOf: NumberOf,
): readonly ValidationRecord[] {
  const rollups: Rollups = new Map()
  const numbered = repeats.map((repeat) => {
    const record = parseFacts(repeat.facts, repeat.atMs)
    return { license: numberOf(record.licenseId), record, repeat }
  })
  const begun: ValidationRecord[] = []
  for (const { license, record, repeat } of numbered.sort((a, b) => a.license - b.license)) {
    addToRollups(rollups, record, repeat.count)
    addToLicense(statements, license, record, repeat)
    if (!repeat.isStored) continue
    if (repeat.nth === null) begun.push(record)
    writeRow(statements, license, record, repeat)
  }
  for (const { interval, bucket, dimension, name, valid, refused } of rollups.values()) {
    statements.addRollup.run(interval, bucket, ALL_LICENSES, dimension, name, valid, refused)
  }
  return begun
}

/** Counts a repeat at once, because a license seldom has several to be added up first. */
function addToLicense(
  { addCounters, addLateCounters, addRollup }: Statements,
  license: number,
  record: ValidationRecord,
  { count, lastAtMs, isLate }: Repeat,
): void {
  const isValid = record.error === null
  const [valid, refused] = isValid ? [count, 0] : [0, count]
  const day = getBucket(record.atMs, 'day')
  for (const [dimension, name] of listLicenseNames(record)) {
    addRollup.run('day', day, license, dimension, name, valid, refused)
  }
  if (isValid) (isLate ? addLateCounters : addCounters).run(count, lastAtMs, license)
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
    addLateCounters: db.query(
      `UPDATE licenses SET validation_count = validation_count + ?1,
         last_validated_at_ms = max(last_validated_at_ms, ?2)
       WHERE position = ?3`,
    ),
  }
}
