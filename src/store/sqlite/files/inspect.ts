import { Database, SQLiteError } from 'bun:sqlite'
import { listPendingMigrations, MigrationError } from '~/platform/sqlite-migrations.ts'
import { SECRET_CHECK } from '../connection.ts'
import { migrations } from './migrations.ts'

const EXAMPLES_MAX = 3

/** What one check found: `problem` null is well. */
export interface Finding {
  readonly name: string
  readonly problem: string | null
}

/** Whether the file is sound; can be served, too; has rows that keep their promises, too. */
export type Depth = 'file' | 'use' | 'rows'

/**
 * Reads a database, which may be in use, without changing it. `secretCheck` tells of the master
 * secret at hand; null: there is none to compare.
 */
export function inspectDatabase(
  path: string,
  secretCheck: string | null,
  depth: Depth,
): readonly Finding[] {
  const db = new Database(path, { readonly: true })
  const check = (name: string, find: () => string | null) => ({ name, problem: problemOf(find) })
  try {
    const findings: Finding[] = [check('the file is sound', () => findDamage(db))]
    if (depth === 'file') return findings
    const schema = check('its schema is known', () => findForeignSchema(db))
    findings.push(schema)
    // Nothing more can be asked of a stranger.
    if (schema.problem !== null) return findings
    if (secretCheck !== null) {
      findings.push(check('the master secret fits', () => findOtherSecret(db, secretCheck)))
    }
    if (depth === 'use') return findings
    const promises = Object.entries(promiseBreakers)
    return [...findings, ...promises.map(([name, sql]) => check(name, () => findAny(db, sql)))]
  } finally {
    db.close()
  }
}

/** What the rows promise one another, each with the query for those that break it. */
const promiseBreakers: Readonly<Record<string, string>> = {
  'every reference leads somewhere': `
    SELECT "table" || ' to ' || parent AS id FROM pragma_foreign_key_check`,
  'licenses count their activations rightly': `
    SELECT id FROM licenses LEFT JOIN (
      SELECT license_id, sum(kind = 'device') AS devices,
        sum(kind = 'domain' AND NOT is_free) AS domains,
        sum(kind = 'domain' AND is_free) AS free_domains
      FROM activations GROUP BY license_id
    ) ON license_id = id
    WHERE devices_used <> coalesce(devices, 0) OR domains_used <> coalesce(domains, 0)
      OR free_domains_used <> coalesce(free_domains, 0)`,
  'every license has told of its creation': `
    SELECT id FROM licenses
    EXCEPT SELECT license_id FROM events WHERE type = 'license.created'`,
  'no event of a license is missing': `
    SELECT id FROM licenses
    WHERE event_sequence <> (SELECT count(*) FROM events WHERE license_id = licenses.id)`,
}

/** A file too damaged to be asked has a problem too. */
function problemOf(find: () => string | null): string | null {
  try {
    return find()
  } catch (error) {
    if (error instanceof SQLiteError || error instanceof MigrationError) return error.message
    throw error
  }
}

/** The first problem of several findings, or null. */
export function firstProblem(findings: readonly Finding[]): string | null {
  return findings.find(({ problem }) => problem !== null)?.problem ?? null
}

function findDamage(db: Database): string | null {
  const query = db.query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${EXAMPLES_MAX})`)
  const lines = query.all().flatMap((row) => row.integrity_check.split('\n'))
  return lines[0] === 'ok' ? null : lines.slice(0, EXAMPLES_MAX).join('; ')
}

function findForeignSchema(db: Database): string | null {
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get()
  if (table === null) return 'it is no database of Licet'
  listPendingMigrations(db, migrations)
  return null
}

function findOtherSecret(db: Database, secretCheck: string): string | null {
  const stored = db
    .query<{ value: string }, [string]>('SELECT value FROM meta WHERE name = ?')
    .get(SECRET_CHECK)
  return stored?.value === secretCheck ? null : 'it was made with another master secret'
}

function findAny(db: Database, sql: string): string | null {
  const query = db.query<{ id: string; total: number }, []>(
    `SELECT id, count(*) OVER () AS total FROM (${sql}) LIMIT ${EXAMPLES_MAX}`,
  )
  const examples = query.all()
  const [first] = examples
  if (first === undefined) return null
  const more = first.total > examples.length ? ', …' : ''
  return `${first.total} wrong: ${examples.map(({ id }) => id).join(', ')}${more}`
}
