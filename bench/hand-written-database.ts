import { Database } from 'bun:sqlite'

export interface HandWrittenLicenses {
  readonly keys: readonly string[]
  readonly plan: string
  readonly expiresAt: string
  readonly features: Readonly<Record<string, unknown>>
  readonly domain: string
}

/** Creates the database of the hand-written server, with a license and a domain for each key. */
export function createHandWrittenDatabase(
  path: string,
  { keys, plan, expiresAt, features, domain }: HandWrittenLicenses,
): void {
  const db = new Database(path, { strict: true })
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
  const addAll = db.transaction(() => {
    for (const key of keys) {
      const id = crypto.randomUUID()
      addLicense.run(id, key, plan, expiresAt, JSON.stringify(features))
      addDomain.run(id, domain)
    }
  })
  addAll()
  db.close()
}
