import { Database } from 'bun:sqlite'
import { databasePath } from '~/store/sqlite/connection.ts'
import type { Site } from './site.ts'

/** Columns of the copies, of which `n` is the number. The others are those of the original. */
const copied = {
  licenses: {
    id: "'lic_' || printf('%026d', n)",
    key_hash: "key_hash || '-' || n",
    key_masked: "'TO-****-****-****-' || printf('%04d', n % 10000)",
    key_last_four: "printf('%04d', n % 10000)",
    customer_email: "'buyer' || n || '@example.com'",
  },
  events: {
    position: '(SELECT max(position) FROM events) + n',
    id: "'evt_' || printf('%026d', n)",
    license_id: "'lic_' || printf('%026d', n)",
  },
} as const

/** Creates a license, and copies it in SQL, because so many requests would take minutes. */
export async function seedLicenses(
  site: Pick<Site, 'createLicense' | 'directory'>,
  count: number,
): Promise<void> {
  const { id } = await site.createLicense()
  using db = new Database(databasePath(site.directory))
  db.run('PRAGMA cache_size = -200000')
  const copy = (table: keyof typeof copied, condition: string) => {
    const names = db
      .query<{ name: string }, []>(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => name)
    const expressions = new Map<string, string>(Object.entries(copied[table]))
    const values = names.map((name) => expressions.get(name) ?? name)
    db.query(
      `WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?)
       INSERT INTO ${table} (${names}) SELECT ${values} FROM copies, ${table} WHERE ${condition} = ?`,
    ).run(count, id)
  }
  db.transaction(() => {
    copy('licenses', 'licenses.id')
    copy('events', 'events.license_id')
  })()
}
