import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Reason } from '~/domain/searches.ts'
import type { Steps } from '~/turns.ts'
import type { SearchQuery } from '../port.ts'
import {
  createHits,
  type Exact,
  type Hits,
  type Ids,
  keepNamed,
  mergeIds,
  noIds,
  pickRareWords,
  ROWS_MAX,
  sortNewest,
  toIds,
} from '../shared/license-search.ts'
import type { Reading } from './engine.ts'
import { startsWith } from './license-filters.ts'
import { activations, licenses } from './schema.ts'

const KEYS_PER_READ = 250
const STEPS_PER_READ = 10

type Reads<Name extends Reason> = {
  readonly [Each in Name]: (engine: Reading, query: SearchQuery) => Ids | Steps<Ids>
}
/** Selects up to `max` ids. */
export function* searchIds(engine: Reading, query: SearchQuery, max: number): Steps<Hits> {
  const exact = yield* collect(exactReads, engine, query, 1)
  return exact.reasons.size > 0 ? exact : yield* collect(otherReads, engine, query, max)
}

function* collect<Name extends Reason>(
  reads: Reads<Name>,
  engine: Reading,
  query: SearchQuery,
  max: number,
): Steps<Hits> {
  const hits = createHits(max)
  for (const why of Object.keys(reads) as Name[]) {
    const result = reads[why](engine, query)
    if (hits.add(why, 'ids' in result ? result : yield* result)) break
    yield STEPS_PER_READ
  }
  return hits.list()
}

/** A match is the only one. */
const exactReads: Reads<Exact> = {
  id(engine, { id }) {
    return read(engine, sql`SELECT id FROM licenses WHERE id = ${id}`)
  },
  activation_id(engine, { id }) {
    return read(engine, sql`SELECT license_id AS id FROM activations WHERE id = ${id}`)
  },
  seat_id(engine, { id }) {
    return read(engine, sql`SELECT license_id AS id FROM seats WHERE id = ${id}`)
  },
  event_id(engine, { id }) {
    const isOfLicense = sql`license_id IS NOT NULL`
    return read(
      engine,
      sql`SELECT license_id AS id FROM events WHERE id = ${id} AND ${isOfLicense}`,
    )
  },
  key(engine, { keyHashes, nowMs }) {
    return readByKeys(engine, keyHashes, nowMs)
  },
}

/** The best reasons first. */
const otherReads: Reads<Exclude<Reason, Exact>> = {
  email(engine, { email }) {
    if (email === null) return noIds
    return read(
      engine,
      sql`SELECT id FROM licenses WHERE customer_email = ${email.exact}
        UNION SELECT id FROM licenses WHERE customer_email_folded = ${email.folded}
        ORDER BY id DESC LIMIT ${ROWS_MAX}`,
    )
  },
  domain(engine, { domains: [host, root = host] }) {
    if (host === undefined) return noIds
    const { value, licenseId } = activations
    const select = sql`SELECT ${licenseId} AS id FROM ${activations} WHERE kind = 'domain'`
    return read(
      engine,
      sql`${select} AND ${value} = ${host} UNION ${select} AND ${value} = ${root}
        UNION ${select} AND root <> value AND root = ${host}
        ORDER BY id DESC LIMIT ${ROWS_MAX}`,
    )
  },
  reference(engine, { referenceWords }) {
    return mergeIds(referenceWords.map((word) => readWhole(engine, word)))
  },
  *similar_key(engine, { listNearKeyHashes, nowMs }) {
    const hashes = listNearKeyHashes()
    const found: Ids[] = []
    for (let at = 0; at < hashes.length; at += KEYS_PER_READ) {
      found.push(readByKeys(engine, hashes.slice(at, at + KEYS_PER_READ), nowMs))
      yield STEPS_PER_READ
    }
    return sortNewest(mergeIds(found))
  },
  email_domain(engine, { domainWords }) {
    return mergeIds(domainWords.map((word) => readWord(engine, word)))
  },
  *name(engine, { nameWords, start }) {
    const [first] = nameWords
    if (first === undefined || nameWords.length === 1) {
      return first === undefined ? noIds : readWord(engine, first)
    }
    const whole = readStarts(engine, licenses.customerNameFolded, start)
    yield STEPS_PER_READ
    return mergeIds([whole, yield* readWithAllWords(engine, nameWords)])
  },
  email_start(engine, { start }) {
    const { customerEmail, customerEmailFolded } = licenses
    const columns = [customerEmail, customerEmailFolded]
    return sortNewest(mergeIds(columns.map((column) => readStarts(engine, column, start))))
  },
  key_end(engine, { keyEnds }) {
    const parts = keyEnds.map((end) =>
      read(
        engine,
        sql`SELECT id FROM licenses WHERE key_last_four = ${end} ORDER BY id DESC LIMIT ${ROWS_MAX}`,
      ),
    )
    return sortNewest(mergeIds(parts))
  },
}

function read({ db }: Reading, query: SQL): Ids {
  return toIds(db.values<[id: string]>(query).map(([id]) => id))
}

/** Also finds former keys that still work. */
function readByKeys(engine: Reading, keyHashes: readonly string[], nowMs: number): Ids {
  if (keyHashes.length === 0) return noIds
  const isGiven = sql`key_hash IN (SELECT value FROM json_each(${JSON.stringify(keyHashes)}))`
  const current = sql`SELECT id FROM licenses WHERE ${isGiven}`
  const isInUse = sql`${isGiven} AND valid_until_ms > ${nowMs}`
  const former = sql`SELECT license_id AS id FROM former_keys WHERE ${isInUse}`
  return mergeIds([read(engine, current), read(engine, former)])
}

/** Reads whole words before longer words that start with this one. */
function readWord(engine: Reading, word: string): Ids {
  const isLonger = sql`word > ${word} AND word < ${`${word}\u{10ffff}`}`
  const longer = sql`SELECT license_id AS id FROM search_words WHERE ${isLonger} LIMIT ${ROWS_MAX}`
  return mergeIds([readWhole(engine, word), sortNewest(read(engine, longer))])
}

function readWhole(engine: Reading, word: string): Ids {
  return read(
    engine,
    sql`SELECT license_id AS id FROM search_words WHERE word = ${word}
      ORDER BY license_id DESC LIMIT ${ROWS_MAX}`,
  )
}

function readStarts(engine: Reading, column: SQLiteColumn, start: string): Ids {
  const isStart = startsWith(column, start)
  return sortNewest(
    read(engine, sql`SELECT id FROM ${licenses} WHERE ${isStart} LIMIT ${ROWS_MAX}`),
  )
}

/** Reads what has the rarest word, and compares the other words with each name. */
function* readWithAllWords(engine: Reading, words: readonly string[]): Steps<Ids> {
  let rarest: Ids | null = null
  for (const word of pickRareWords(words)) {
    const found = readWord(engine, word)
    if (rarest === null || found.ids.length < rarest.ids.length) rarest = found
    yield STEPS_PER_READ
  }
  const found = rarest ?? noIds
  const isFound = sql`id IN (SELECT value FROM json_each(${JSON.stringify(found.ids)}))`
  const rows = engine.db.all<{ id: string; name: string | null }>(
    sql`SELECT id, customer_name AS name FROM licenses WHERE ${isFound}`,
  )
  return keepNamed(found, rows, words)
}
