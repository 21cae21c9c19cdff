import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { databasePath } from '~/store/sqlite/connection.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { updateStoredTexts } from '~/store/sqlite/stored-texts.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { onlySqlite } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'

async function find(app: TestApp, query: Record<string, string>): Promise<string[]> {
  const { body } = await app.send('GET', `${path}?${new URLSearchParams(query)}`)
  return body.data.map(({ id }: { id: string }) => id)
}

test('search: case, accents, their composition, and ß or ss make no difference', async () => {
  await using app = await openTestApp()
  const { id: zoe } = await app.createLicense({ customer_name: 'Zoë Straße GmbH' })
  const { id: odos } = await app.createLicense({ customer_name: '  ΟΔΟΣ\u00a0 Α.Ε. ' })
  const { id: mail } = await app.createLicense({ customer_email: 'Straße@Bücher.de' })
  for (const q of ['ZOË', 'zoe\u0308 strasse', 'zoe', 'Zoë STRASSE G', 'zoë straße', '\u200bzoë']) {
    expect([q, await find(app, { q })]).toEqual([q, [zoe]])
  }
  for (const q of ['οδός', 'οδοσ α.ε.', 'ΟΔΟΣ Α'])
    expect([q, await find(app, { q })]).toEqual([q, [odos]])
  for (const q of ['straße@b', 'STRASSE@bücher.de', 'strasse@buch', 'straße@xn--bcher']) {
    expect([q, await find(app, { q })]).toEqual([q, [mail]])
  }
  expect(await find(app, { q: '\u0301' })).toEqual([])
  expectProblem(await app.send('GET', `${path}?q=%E2%80%8B`), 422, 'validation_failed', ['?q'])
  await app.send('PUT', `${path}/${zoe}`, { customer_name: 'Ann' })
  expect(await find(app, { q: 'zoe' })).toEqual([])
  expect(await find(app, { q: 'ANN' })).toEqual([zoe])
})

test('search: an email address is found, exported and erased by any spelling of its domain', async () => {
  await using app = await openTestApp()
  const { id, customer_email } = await app.createLicense({ customer_email: 'Dev@Bücher.de' })
  expect(customer_email).toBe('dev@xn--bcher-kva.de')
  for (const spelling of ['dev@bücher.de', 'DEV@XN--BCHER-KVA.DE', 'dev@bu\u0308cher.de']) {
    expect(await find(app, { customer_email: spelling })).toEqual([id])
    const { body } = await app.send('POST', '/api/v1/customers/export', {
      customer_email: spelling,
    })
    expect([body.licenses.length, body.events.length]).toEqual([1, 1])
  }
  const filter = { customer_email: 'dev@BÜCHER.de' }
  const bulk = await app.send('POST', `${path}/bulk`, { action: 'suspend', filter })
  expect(bulk.status).toBe(200)
  const erased = await app.send('POST', '/api/v1/customers/erase', {
    customer_email: 'dev@bücher.de',
  })
  expect(erased.body.license_ids).toEqual([id])
  expect(JSON.stringify(await app.database.readRows())).not.toContain('cher')
})

test('search: a reference is stored and found without the blanks around it', async () => {
  await using app = await openTestApp()
  const { id, external_ref } = await app.createLicense({ external_ref: ' A-1009\u00a0' })
  expect(external_ref).toBe('A-1009')
  expect(await find(app, { external_ref: 'A-1009 ' })).toEqual([id])
})

onlySqlite(
  'upgrade: texts that an earlier version stored are changed to the new form, once',
  async () => {
    await using app = await openTestApp()
    const { id } = await app.createLicense({ customer_name: 'x', external_ref: 'x' })
    await app.createLicense({ customer_name: 'Ann' })
    await app.deps.store.flush()
    using client = new Database(databasePath(app.directory), { strict: true })
    const db = drizzle(client, { schema })
    client.run(
      `UPDATE licenses SET customer_email = 'dev@bücher.de', customer_email_folded = NULL,
      customer_name = 'Zoë  Straße', customer_name_folded = 'zoë  straße', external_ref = ' A-1 '
      WHERE id = ?`,
      [id],
    )
    client.run("UPDATE events SET data = replace(data, 'dev@example.com', 'dev@bücher.de')")
    const readOthers = () => client.query('SELECT * FROM licenses WHERE id <> ?').all(id)
    const others = readOthers()

    updateStoredTexts(db)
    expect(await find(app, { q: 'zoe strasse' })).toEqual([])
    client.run("DELETE FROM meta WHERE name = 'text_form'")
    updateStoredTexts(db)
    expect(readOthers()).toEqual(others)
    expect(await find(app, { q: 'zoe strasse' })).toEqual([id])
    expect(await find(app, { q: 'dev@buch' })).toEqual([id])
    expect(await find(app, { external_ref: 'A-1' })).toEqual([id])
    const erase = { customer_email: 'dev@xn--bcher-kva.de' }
    const { body: erased } = await app.send('POST', '/api/v1/customers/erase', erase)
    expect(erased).toMatchObject({ license_ids: [id], events: 2 })
    expect(JSON.stringify(await app.database.readRows())).not.toContain('bücher')
  },
)
