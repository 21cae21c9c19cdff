import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { buildEvent, buildSession, recentShape } from '../../checkout/providers/stripe/fixtures.ts'
import { openShop } from '../../support/shop.ts'

test('no event of a shop reads what is known about other purchases', async () => {
  const statements = new Set<string>()
  const { prepare, query } = Database.prototype
  Database.prototype.prepare = function (this: Database, sql: string, ...rest: []) {
    statements.add(sql)
    return prepare.call(this, sql, ...rest)
  } as typeof prepare
  Database.prototype.query = function (this: Database, sql: string) {
    statements.add(sql)
    return query.call(this, sql)
  } as typeof query
  try {
    await using shop = await openShop('stripe')
    const at = shop.app.clock.nowMs() / 1000
    const session = buildSession({ metadata: { licet_plan: 'professional' } })
    await shop.deliver(buildEvent('checkout.session.completed', at, session))
    const charge = recentShape.charge({ payment_intent: 'pi_once' })
    await shop.deliver(buildEvent('charge.refunded', at, charge))
    const [license] = await shop.licensesOf('dev@example.com')
    expect(license.status).toBe('revoked')
    await shop.app.send('GET', `/api/v1/checkout/events?license_id=${license.id}`)

    using db = new Database(databasePath(shop.app.directory), { readonly: true })
    const steps = [...statements]
      .filter((sql) => /checkout_(?:links|facts|units|sessions)/.test(sql) && !/^CREATE/i.test(sql))
      .flatMap((sql) => {
        const plan = prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
        return plan.map(({ detail }) => detail)
      })
    expect(steps.filter((step) => step.includes('to_ref=?')).length).toBeGreaterThan(2)
    const wide = /^SCAN (?:checkout_|known|link)|\(provider=\? AND mode=\?\)|AUTOMATIC/
    expect(steps.filter((step) => wide.test(step))).toEqual([])
  } finally {
    Object.assign(Database.prototype, { prepare, query })
  }
})
