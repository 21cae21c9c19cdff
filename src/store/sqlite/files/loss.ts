import { Database, SQLiteError } from 'bun:sqlite'

const EXAMPLES_MAX = 20

/** Rows of one kind. `examples` has the first of them. */
export interface LostRows {
  readonly count: number
  readonly examples: readonly string[]
}

/** The rows of a previous database that a restored one lacks. */
export interface Loss {
  readonly events: LostRows
  readonly licenses: LostRows
  /** Licenses that work again. */
  readonly revocations: LostRows
  readonly suspensions: LostRows
  readonly activations: LostRows
  /** Whatever else the audit has, such as changes of API keys and plans, and erasures. */
  readonly actions: LostRows
}

type Kind = keyof Loss

/** For each kind, a query for what the previous database has and the restored one lacks. */
const queries: Readonly<Record<Kind, string>> = {
  events: `SELECT id || ' ' || type AS text FROM previous.events AS was
    WHERE NOT EXISTS (SELECT 1 FROM main.events WHERE id = was.id) ORDER BY position`,
  licenses: `SELECT id AS text FROM previous.licenses AS was
    WHERE NOT EXISTS (SELECT 1 FROM main.licenses WHERE id = was.id) ORDER BY id`,
  revocations: `SELECT was.id AS text FROM previous.licenses AS was
    JOIN main.licenses AS is_now ON is_now.id = was.id
    WHERE was.revoked_at_ms IS NOT NULL AND is_now.revoked_at_ms IS NULL ORDER BY was.id`,
  suspensions: `SELECT was.id AS text FROM previous.licenses AS was
    JOIN main.licenses AS is_now ON is_now.id = was.id
    WHERE was.suspended_at_ms IS NOT NULL AND was.revoked_at_ms IS NULL
      AND is_now.suspended_at_ms IS NULL ORDER BY was.id`,
  activations: `SELECT id || ' of ' || license_id AS text FROM previous.activations AS was
    WHERE NOT EXISTS (SELECT 1 FROM main.activations WHERE id = was.id) ORDER BY id`,
  // Those on licenses have events. A backup is always recorded after it was made.
  actions: `SELECT action || ' ' || subject_id AS text FROM previous.audit AS was
    WHERE action NOT LIKE 'license.%' AND action NOT LIKE 'backup.%' AND NOT EXISTS (
      SELECT 1 FROM main.audit
      WHERE position = was.position AND at_ms = was.at_ms AND request_id = was.request_id
    ) ORDER BY position`,
}

/** Compares two databases that nothing uses. Returns null if the previous one cannot be read. */
export function findLoss(restored: string, previous: string): Loss | null {
  try {
    using db = new Database(restored, { readonly: true })
    db.run('ATTACH ? AS previous', [previous])
    const find = (kind: Kind): LostRows => {
      const sql = `SELECT text, count(*) OVER () AS total FROM (${queries[kind]}) LIMIT ${EXAMPLES_MAX}`
      const rows = db.query<{ text: string; total: number }, []>(sql).all()
      return { count: rows[0]?.total ?? 0, examples: rows.map(({ text }) => text) }
    }
    return {
      events: find('events'),
      licenses: find('licenses'),
      revocations: find('revocations'),
      suspensions: find('suspensions'),
      activations: find('activations'),
      actions: find('actions'),
    }
  } catch (error) {
    if (error instanceof SQLiteError) return null
    throw error
  }
}

/** The newest event of a database. */
export interface LastEvent {
  readonly id: string
  readonly timestampMs: number
}

/** Returns null if there is none, or if the schema is one of an earlier version. */
export function findLastEvent(path: string): LastEvent | null {
  try {
    using db = new Database(path, { readonly: true })
    const sql = 'SELECT id, timestamp_ms AS timestampMs FROM events ORDER BY position DESC LIMIT 1'
    return db.query<LastEvent, []>(sql).get()
  } catch (error) {
    if (error instanceof SQLiteError) return null
    throw error
  }
}

/** An event that a receiver has confirmed, or the last sequence of a license. */
export type Confirmed =
  | { readonly kind: 'event'; readonly id: string; readonly text: string }
  | { readonly kind: 'sequence'; readonly licenseId: string; readonly sequence: number }

/** Returns which of these events a database lacks. */
export function findMissingEvents(path: string, confirmed: readonly Confirmed[]): LostRows {
  using db = new Database(path, { readonly: true })
  const event = db.query('SELECT 1 FROM events WHERE id = ?')
  const sequenceOf = db.query<{ sequence: number }, [string]>(
    'SELECT event_sequence AS sequence FROM licenses WHERE id = ?',
  )
  const examples: string[] = []
  let count = 0
  const add = (missing: number, text: string) => {
    count += missing
    if (examples.length < EXAMPLES_MAX) examples.push(text)
  }
  for (const each of confirmed) {
    if (each.kind === 'event') {
      if (event.get(each.id) === null) add(1, each.text)
      continue
    }
    const { licenseId, sequence } = each
    const known = sequenceOf.get(licenseId)?.sequence ?? 0
    if (known < sequence) {
      add(sequence - known, `${licenseId}: its events ${known + 1}–${sequence}`)
    }
  }
  return { count, examples }
}
