import { expect } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { onlyPostgres } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'

const PATH = '/api/v1/backups'

onlyPostgres(
  'backups: with PostgreSQL, each call is refused and says what makes backups instead',
  async () => {
    await using app = await openTestApp()
    for (const [method, path] of [
      ['GET', PATH],
      ['POST', PATH],
      ['GET', `${PATH}/licet-1.sqlite`],
      ['DELETE', `${PATH}/licet-1.sqlite`],
      ['POST', `${PATH}/licet-1.sqlite/verify`],
      ['GET', `${PATH}/licet-1.sqlite/download`],
    ] as const) {
      const response = await app.send(method, path)
      expectProblem(response, 409, 'not_supported')
      expect(response.body.detail).toContain('pg_dump')
    }
    const { body } = await app.send('GET', '/api/v1/audit?action=backup.*')
    expect(body.data).toEqual([])
  },
)

onlyPostgres(
  'backups: with PostgreSQL, a refused call with an Idempotency-Key is refused again',
  async () => {
    await using app = await openTestApp()
    for (let count = 0; count < 2; count += 1) {
      const response = await app.send('POST', PATH, {}, { 'idempotency-key': 'click' })
      expectProblem(response, 409, 'not_supported')
    }
  },
)

onlyPostgres(
  'backups: with PostgreSQL, the age of the last one is unknown to the metrics',
  async () => {
    await using app = await openTestApp()
    const { text } = await app.send('GET', '/metrics')
    expect(text).toMatch(/^licet_last_backup_age_seconds NaN$/im)
  },
)
