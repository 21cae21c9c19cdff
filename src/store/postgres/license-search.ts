import type { Reason } from '~/domain/searches.ts'
import { formatArray } from '~/platform/postgres.ts'
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
import { buildStart } from './license-lists.ts'

type Reads<Name extends Reason> = {
  readonly [Each in Name]: (reading: Reading, query: SearchQuery) => Promise<Ids> | Ids
}

/** Selects up to `max` ids. */
export async function searchIds(reading: Reading, query: SearchQuery, max: number): Promise<Hits> {
  const exact = await collect(exactReads, reading, query, 1)
  return exact.reasons.size > 0 ? exact : collect(otherReads, reading, query, max)
}

async function collect<Name extends Reason>(
  reads: Reads<Name>,
  reading: Reading,
  query: SearchQuery,
  max: number,
): Promise<Hits> {
  const hits = createHits(max)
  for (const why of Object.keys(reads) as Name[]) {
    if (hits.add(why, await reads[why](reading, query))) break
  }
  return hits.list()
}

/** A match is the only one. */
const exactReads: Reads<Exact> = {
  id: (reading, { id }) => read(reading, 'SELECT id FROM licenses WHERE id = $1', [id]),
  activation_id: (reading, { id }) =>
    read(reading, 'SELECT license_id AS id FROM activations WHERE id = $1', [id]),
  seat_id: (reading, { id }) =>
    read(reading, 'SELECT license_id AS id FROM seats WHERE id = $1', [id]),
  event_id: (reading, { id }) =>
    read(reading, 'SELECT license_id AS id FROM events WHERE id = $1 AND license_id IS NOT NULL', [
      id,
    ]),
  key: (reading, { keyHashes, nowMs }) => readByKeys(reading, keyHashes, nowMs),
}

/** The best reasons first. */
const otherReads: Reads<Exclude<Reason, Exact>> = {
  email: (reading, { email }) =>
    email === null
      ? noIds
      : read(
          reading,
          `SELECT id FROM licenses WHERE customer_email = $1
           UNION SELECT id FROM licenses WHERE customer_email_folded = $2
           ORDER BY id DESC LIMIT ${ROWS_MAX}`,
          [email.exact, email.folded],
        ),
  domain: (reading, { domains: [host, root] }) => {
    if (host === undefined) return noIds
    const select = "SELECT license_id AS id FROM activations WHERE kind = 'domain'"
    return read(
      reading,
      `${select} AND value = $1 UNION ${select} AND value = $2
       UNION ${select} AND root <> value AND root = $1
       ORDER BY id DESC LIMIT ${ROWS_MAX}`,
      [host, root ?? host],
    )
  },
  reference: (reading, { referenceWords }) =>
    readEach(referenceWords, (word) => readWhole(reading, word)),
  similar_key: async (reading, { listNearKeyHashes, nowMs }) =>
    sortNewest(await readByKeys(reading, listNearKeyHashes(), nowMs)),
  email_domain: (reading, { domainWords }) =>
    readEach(domainWords, (word) => readWord(reading, word)),
  name: async (reading, { nameWords, start }) => {
    const [first] = nameWords
    if (first === undefined) return noIds
    if (nameWords.length === 1) return readWord(reading, first)
    const whole = await readStarts(reading, 'customer_name_folded', start)
    return mergeIds([whole, await readWithAllWords(reading, nameWords)])
  },
  email_start: async (reading, { start }) => {
    const columns = ['customer_email', 'customer_email_folded']
    return sortNewest(await readEach(columns, (column) => readStarts(reading, column, start)))
  },
  key_end: async (reading, { keyEnds }) =>
    sortNewest(
      await readEach(keyEnds, (end) =>
        read(
          reading,
          `SELECT id FROM licenses WHERE key_last_four = $1 ORDER BY id DESC LIMIT ${ROWS_MAX}`,
          [end],
        ),
      ),
    ),
}

async function read(
  { client }: Reading,
  text: string,
  values: readonly (string | number)[],
): Promise<Ids> {
  const rows = await client.unsafe<{ id: string }[]>(text, [...values])
  return toIds(rows.map(({ id }) => id))
}

async function readEach<Part>(
  parts: readonly Part[],
  readPart: (part: Part) => Promise<Ids>,
): Promise<Ids> {
  const found: Ids[] = []
  for (const part of parts) found.push(await readPart(part))
  return mergeIds(found)
}

/** Also finds former keys that still work. */
function readByKeys(
  reading: Reading,
  keyHashes: readonly string[],
  nowMs: number,
): Promise<Ids> | Ids {
  if (keyHashes.length === 0) return noIds
  return read(
    reading,
    `SELECT id FROM licenses WHERE key_hash = ANY($1::text::text[])
     UNION SELECT license_id FROM former_keys
       WHERE key_hash = ANY($1::text::text[]) AND valid_until_ms > $2
     LIMIT ${ROWS_MAX}`,
    [formatArray(keyHashes), nowMs],
  )
}

/** Reads whole words before longer words that start with this one. */
async function readWord(reading: Reading, word: string): Promise<Ids> {
  const longer = await read(
    reading,
    `SELECT license_id AS id FROM search_words WHERE word > $1 AND word < $2 LIMIT ${ROWS_MAX}`,
    [word, `${word}\u{10ffff}`],
  )
  return mergeIds([await readWhole(reading, word), sortNewest(longer)])
}

function readWhole(reading: Reading, word: string): Promise<Ids> {
  return read(
    reading,
    `SELECT license_id AS id FROM search_words WHERE word = $1
     ORDER BY license_id DESC LIMIT ${ROWS_MAX}`,
    [word],
  )
}

async function readStarts(reading: Reading, column: string, start: string): Promise<Ids> {
  const values: string[] = []
  const isStart = buildStart(column, start, (value) => `$${values.push(value)}`)
  return sortNewest(
    await read(reading, `SELECT id FROM licenses WHERE ${isStart} LIMIT ${ROWS_MAX}`, values),
  )
}

/** Reads what has the rarest word, and compares the other words with each name. */
async function readWithAllWords(reading: Reading, words: readonly string[]): Promise<Ids> {
  let rarest: Ids | null = null
  for (const word of pickRareWords(words)) {
    const found = await readWord(reading, word)
    if (rarest === null || found.ids.length < rarest.ids.length) rarest = found
  }
  const found = rarest ?? noIds
  const rows = await reading.client.unsafe<{ id: string; name: string | null }[]>(
    'SELECT id, customer_name AS name FROM licenses WHERE id = ANY($1::text::text[])',
    [formatArray(found.ids)],
  )
  return keepNamed(found, rows, words)
}
