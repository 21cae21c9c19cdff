import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { databasePath } from '~/store/sqlite/connection.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { indexSearchWords } from '~/store/sqlite/search-words.ts'
import { openTestApp } from '../../support/app.ts'

test('upgrade: licenses of an earlier version are found by their words, also after an interruption', async () => {
  await using app = await openTestApp()
  const { id: first } = await app.createLicense({
    customer_name: 'Ada Lovelace',
    external_ref: 'A',
  })
  await app.createLicense({ customer_name: 'Zoë Straße' })
  await app.deps.store.flush()
  using client = new Database(databasePath(app.directory), { strict: true })
  const db = drizzle(client, { schema })
  const read = (query: string) => client.query(query).all()
  const words = read('SELECT * FROM search_words')
  const done = read("SELECT * FROM meta WHERE name = 'search_words'")
  expect(words).toHaveLength(7)
  expect(done).toHaveLength(1)
  const index = () => {
    indexSearchWords(db)
    expect(read("SELECT * FROM meta WHERE name = 'search_words'")).toEqual(done)
    return read('SELECT * FROM search_words')
  }

  // As the migration leaves it.
  client.run("DELETE FROM meta WHERE name = 'search_words'")
  client.run('DELETE FROM search_words')
  expect(index()).toEqual(words)
  // As another version, with other words.
  client.run("UPDATE meta SET value = '0.0' WHERE name = 'search_words'")
  client.run('INSERT INTO search_words VALUES (?, ?)', ['former', first])
  expect(index()).toEqual(words)
  // Interrupted after the first license.
  client.run('DELETE FROM search_words WHERE license_id > ?', [first])
  client.run("UPDATE meta SET value = value || ' ' || ? WHERE name = 'search_words'", [first])
  expect(index()).toEqual(words)
  // Done, so it reads nothing.
  client.run('DELETE FROM search_words')
  expect(index()).toEqual([])
})
