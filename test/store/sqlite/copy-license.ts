import { Database } from 'bun:sqlite'
import { join } from 'node:path'

/** Copies the only license and its activations, with new ids and keys. */
export function copyLicense(directory: string, copies: number): void {
  using db = new Database(join(directory, 'licet.sqlite'), { strict: true })
  const copyRows = (table: string, unique: readonly string[]) => {
    const columns = db
      .query<{ name: string }, [string]>('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map(({ name }) => name)
    const values = columns.map((name) =>
      unique.includes(name) ? `${name} || printf('%05d', n)` : name,
    )
    db.run(
      `WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?)
       INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table}, copies`,
      [copies],
    )
  }
  copyRows('licenses', ['id', 'key_hash'])
  copyRows('activations', ['id', 'license_id'])
}
