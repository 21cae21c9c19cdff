import { Database } from 'bun:sqlite'
import { Elysia } from 'elysia'
import { ValidateBody } from '~/wire/validations.ts'

/** A server that takes an afternoon to write: every request reads and updates the database. */

interface Row {
  readonly id: string
  readonly plan: string
  readonly status: string
  readonly expires_at: string | null
  readonly max_domains: number
  readonly features: string
}

const db = new Database(Bun.argv[2], { strict: true })
db.run('PRAGMA journal_mode = WAL')
db.run('PRAGMA synchronous = NORMAL')

const findLicense = db.query<Row, [string]>('SELECT * FROM licenses WHERE key = ?')
const findDomain = db.query('SELECT 1 FROM domains WHERE license_id = ? AND domain = ?')
const countDomains = db.query<{ used: number }, [string]>(
  'SELECT count(*) AS used FROM domains WHERE license_id = ?',
)
const addDomain = db.query('INSERT INTO domains (license_id, domain) VALUES (?, ?)')
const countValidation = db.query(
  'UPDATE licenses SET validation_count = validation_count + 1, last_validated_at = ? WHERE id = ?',
)

const app = new Elysia()
  .post(
    '/api/v1/validate',
    ({ body, status }) => {
      const row = findLicense.get(body.key.trim().toUpperCase())
      if (row === null) return status(404, { valid: false, error: 'LICENSE_NOT_FOUND' })
      const now = new Date()
      if (row.status !== 'active') return { valid: false, error: 'LICENSE_SUSPENDED' }
      if (row.expires_at !== null && new Date(row.expires_at) <= now) {
        return { valid: false, error: 'LICENSE_EXPIRED' }
      }
      if (body.domain !== undefined && findDomain.get(row.id, body.domain) === null) {
        const used = countDomains.get(row.id)?.used ?? 0
        if (used >= row.max_domains) return { valid: false, error: 'DOMAIN_LIMIT_REACHED' }
        addDomain.run(row.id, body.domain)
      }
      countValidation.run(now.toISOString(), row.id)
      const { id, plan, expires_at: expiresAt, features } = row
      const license = { id, plan, expiresAt, features: JSON.parse(features) }
      return { valid: true, license, warnings: [] }
    },
    { body: ValidateBody },
  )
  .listen({ hostname: '127.0.0.1', port: 0 })
console.error(`http://127.0.0.1:${app.server?.port}`)
