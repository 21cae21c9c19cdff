import { beforeAll, expect, test } from 'bun:test'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { startMs } from '../../support/samples.ts'
import { apply, contextAt, createCatalog, firstPage, issue, touch } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const customerEmail = 'dev@example.com'

test('PostgreSQL erasure: what commands of another node write meanwhile does not name the customer afterwards, and a license that was given away keeps its new customer', async () => {
  await using scratch = await createMigratedSchema()
  await using nodes = new AsyncDisposableStack()
  const open = () => {
    const store = connectPostgresStore(buildOptions(scratch))
    nodes.defer(() => store.close())
    return store
  }
  const [one, other] = [open(), open()]
  await createCatalog(one)
  const records = await issue(one, {}, {}, {}, {})
  const [given = '', ...kept] = records.map(({ license }) => license.id)
  const next = { customerEmail: 'new@example.com', customerName: 'New' }
  const busy = kept.map(async (id) => {
    for (let round = 0; round < 20; round += 1) await touch(other, id, startMs + round)
  })
  const giving = apply(other, given, [{ type: 'license.update', licenseId: given, set: next }])
  const customer = {
    customerEmail,
    validations: 0,
    mentionsCustomer: () => false,
    isNamedInEvent: () => false,
  }
  const { licenseIds } = await one.customers.erase(customer, contextAt())
  await Promise.all([...busy, giving])
  expect(licenseIds).toEqual(expect.arrayContaining(kept))
  const { data: left } = await one.customers.listEvents(customerEmail, { limit: 1000, after: null })
  expect(left).toEqual([])
  const { data: audited } = await one.audit.list({}, { limit: 1000, after: null })
  expect(JSON.stringify(audited)).not.toContain(customerEmail)
  const { data: licenses } = await one.licenses.list({}, firstPage)
  expect(licenses.map(({ license }) => license.customerEmail)).toEqual([
    null,
    null,
    null,
    'new@example.com',
  ])
})
