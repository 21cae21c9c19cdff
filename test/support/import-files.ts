import { Database } from 'bun:sqlite'
import { databasePath } from '~/store/sqlite/connection.ts'

/** Columns that two imports of one file fill differently, because they are random. */
const RANDOM = /^(?:id|key_sealed)$/
/** Times that are those of the import. */
const IMPORT_TIME = /^(?!expires_|ends_).*_at_ms$/

/** Writes a list of licenses in the plain format, of every state and with activations. */
export async function writeLicenseList(path: string, count: number): Promise<void> {
  const writer = Bun.file(path).writer()
  writer.write('id,key,plan,email,name,expires_at,status,domains,devices\n')
  const ends = ['', '2031-01-31T00:00:00Z', '2019-01-31T00:00:00Z']
  const statuses = ['active', 'active', 'active', 'suspended', 'revoked']
  for (let number = 0; number < count; number += 1) {
    const key = `ACME-2019-${String(number * 7919).padStart(12, '0')}`
    const customer = `c${number % 500}@example.com,"Customer ""${number}"", Ltd."`
    const places = `site-${number}.com www.site-${number}.com,${number % 2 ? `mac-${number}` : ''}`
    const [end, status] = [ends[number % 3], statuses[number % 5]]
    writer.write(`${number},${key},professional,${customer},${end},${status},${places}\n`)
  }
  await writer.end()
}

/** Returns the number of rows of every table of a data directory, with a digest of them. */
export function digestDatabase(directory: string): Readonly<Record<string, string>> {
  using db = new Database(databasePath(directory), { readonly: true })
  const tables = db.query<{ name: string }, []>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
  )
  return Object.fromEntries(
    tables.all().map(({ name }) => {
      const hasher = new Bun.CryptoHasher('sha256')
      let rows = 0
      for (const row of db.query(`SELECT * FROM ${name}`).iterate()) {
        rows += 1
        hasher.update(JSON.stringify(row))
      }
      return [name, `${rows} rows: ${hasher.digest('hex')}`]
    }),
  )
}

/** Returns what was imported, each as JSON, without what each import makes up itself. */
export function listImported(directory: string): readonly string[] {
  using db = new Database(databasePath(directory), { readonly: true })
  const strip = (row: unknown) =>
    Object.entries(row as object)
      .filter(([name]) => !RANDOM.test(name))
      .map(([name, value]) => [name, IMPORT_TIME.test(name) ? value !== null : value])
  const list = (sql: string) =>
    Array.from(db.query(sql).iterate(), (row) => JSON.stringify(strip(row)))
  return [
    ...list('SELECT * FROM licenses ORDER BY external_ref'),
    ...list(`SELECT external_ref, activations.kind, value, root, is_free, external_id
      FROM activations JOIN licenses ON licenses.id = license_id ORDER BY external_ref, value`),
    ...list(`SELECT external_ref, type, count(*) AS count
      FROM events JOIN licenses ON licenses.id = license_id
      GROUP BY external_ref, type ORDER BY external_ref, type`),
    ...list('SELECT action, count(*) AS count FROM audit GROUP BY action'),
  ]
}
