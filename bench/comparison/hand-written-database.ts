import { Database } from 'bun:sqlite'
import { DOMAIN, TERMS } from '../terms.ts'

/** Creates the database of the hand-written server, with a license and a domain for each key. */
export function createHandWrittenDatabase(path: string, keys: readonly string[]): void {
  using db = new Database(path, { strict: true })
  db.run('PRAGMA journal_mode = WAL')
  db.run(`CREATE TABLE licenses (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, status TEXT NOT NULL,
    expires_at TEXT, max_domains INTEGER NOT NULL, features TEXT NOT NULL,
    validation_count INTEGER NOT NULL DEFAULT 0, last_validated_at TEXT)`)
  db.run(`CREATE TABLE domains (
    license_id TEXT NOT NULL REFERENCES licenses (id), domain TEXT NOT NULL,
    PRIMARY KEY (license_id, domain))`)
  const addLicense = db.query(
    `INSERT INTO licenses (id, key, plan, status, expires_at, max_domains, features)
     VALUES (?, ?, ?, 'active', ?, 3, ?)`,
  )
  const addDomain = db.query('INSERT INTO domains (license_id, domain) VALUES (?, ?)')
  db.transaction(() => {
    for (const key of keys) {
      const id = crypto.randomUUID()
      addLicense.run(id, key, TERMS.plan, TERMS.expiresAt, JSON.stringify(TERMS.features))
      addDomain.run(id, DOMAIN)
    }
  })()
}
