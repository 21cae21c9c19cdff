import { Database, SQLiteError } from 'bun:sqlite'
import { MigrationError } from '~/platform/migrations.ts'
import { listPendingMigrations } from '~/platform/sqlite-migrations.ts'
import { findOtherSecret, useInDirectory } from '../../shared/secret-check.ts'
import { readSecretRows } from '../secrets.ts'
import { findBrokenLink } from './audit-chain.ts'
import { migrations } from './migrations.ts'

const EXAMPLES_MAX = 3
const FILE_CHECK = 'the file is intact'

/** The result of one check. `problem` is null if it passed. */
export interface Finding {
  readonly name: string
  readonly problem: string | null
}

/** `file` checks the file, `use` also whether a server can open it, `rows` also its contents. */
export type Depth = 'file' | 'use' | 'rows'

/**
 * Checks a database, which may be in use, without changing it. `secretCheck` identifies the master
 * secret; null skips that check.
 */
export function inspectDatabase(
  path: string,
  secretCheck: string | null,
  depth: Depth,
): readonly Finding[] {
  try {
    using db = new Database(path, { readonly: true })
    return inspectOpen(db, secretCheck, depth)
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
    return [{ name: FILE_CHECK, problem: error.message }]
  }
}

function inspectOpen(db: Database, secretCheck: string | null, depth: Depth): readonly Finding[] {
  const check = (name: string, find: () => string | null) => ({ name, problem: problemOf(find) })
  const findings: Finding[] = [check(FILE_CHECK, () => findDamage(db))]
  if (depth === 'file') return findings
  const schema = check('the schema is up to date or can be upgraded', () => findUnknownSchema(db))
  findings.push(schema)
  // The other checks would fail on an unknown schema.
  if (schema.problem !== null) return findings
  if (secretCheck !== null) {
    findings.push(check('the master secret matches', () => findSecretProblem(db, secretCheck)))
  }
  if (depth === 'use') return findings
  const checks = Object.entries(violations)
  return [
    ...findings,
    ...checks.map(([name, sql]) => check(name, () => findAny(db, sql))),
    check('the audit is complete and unchanged', () => findBrokenLink(db)),
  ]
}

/** Each check of the contents, with a query for the rows that violate it. */
const violations: Readonly<Record<string, string>> = {
  'every reference is valid': `
    SELECT "table" || ' to ' || parent AS id FROM pragma_foreign_key_check`,
  'every license has the right activation counts': `
    SELECT id FROM licenses LEFT JOIN (
      SELECT license_id, sum(kind = 'device') AS devices,
        sum(kind = 'domain' AND NOT is_free) AS domains,
        -- Development domains have no root and are not counted.
        sum(kind = 'domain' AND is_free AND root IS NOT NULL) AS free_domains
      FROM activations GROUP BY license_id
    ) ON license_id = id
    WHERE devices_used <> coalesce(devices, 0) OR domains_used <> coalesce(domains, 0)
      OR free_domains_used <> coalesce(free_domains, 0)`,
  'every license has a license.created event': `
    SELECT id FROM licenses
    EXCEPT SELECT license_id FROM events WHERE type = 'license.created'`,
  'every license has all its events': `
    SELECT id FROM licenses
    WHERE event_sequence <> (SELECT count(*) FROM events WHERE license_id = licenses.id)`,
}

/** Returns the problem that `find` returns, or that makes it fail. */
function problemOf(find: () => string | null): string | null {
  try {
    return find()
  } catch (error) {
    if (error instanceof SQLiteError || error instanceof MigrationError) return error.message
    throw error
  }
}

/** Returns the first problem; null if all checks passed. */
export function firstProblem(findings: readonly Finding[]): string | null {
  return findings.find(({ problem }) => problem !== null)?.problem ?? null
}

function findDamage(db: Database): string | null {
  const query = db.query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${EXAMPLES_MAX})`)
  const lines = query.all().flatMap((row) => row.integrity_check.split('\n'))
  return lines[0] === 'ok' ? null : lines.slice(0, EXAMPLES_MAX).join('; ')
}

function findUnknownSchema(db: Database): string | null {
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get()
  if (table === null) return 'it is not a Licet database'
  listPendingMigrations(db, migrations)
  return null
}

function findSecretProblem(db: Database, check: string): string | null {
  const problem = findOtherSecret(readSecretRows(db), check, useInDirectory)
  return problem && `it ${problem}`
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
