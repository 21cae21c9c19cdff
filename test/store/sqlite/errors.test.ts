import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { DrizzleError } from 'drizzle-orm'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { toStorageFault } from '~/store/sqlite/errors.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'

const db = new Database(':memory:', { strict: true })
migrate(db, migrations)

function errorOf(...statements: readonly string[]): unknown {
  try {
    for (const statement of statements) db.run(statement)
  } catch (error) {
    return error
  }
  throw new Error('none of the statements failed')
}

const product = (slug: string, prefix: string) =>
  `INSERT INTO products (slug, name, key_prefix) VALUES ('${slug}', 'x', '${prefix}')`
const plan = "INSERT INTO plans (slug, product_slug, terms) VALUES ('p', 'a', '{}')"

describe('SQLite errors', () => {
  test.each([
    [
      'slug of a product',
      [product('a', 'AA'), product('a', 'AB')],
      /^A product with this slug .* Choose .*\.$/,
    ],
    [
      'prefix',
      [product('b', 'BB'), product('c', 'BB')],
      /^A product with this key_prefix .* Choose .*\.$/,
    ],
    ['slug of a plan', [product('a2', 'A2'), plan, plan], /^A plan with this slug .* Choose .*\.$/],
  ])(
    'SQLite errors: a taken %s becomes a Fault that says what to do',
    (_what, statements, words) => {
      const fault = toStorageFault(errorOf(...statements))
      expect(fault).toMatchObject({ kind: 'already_exists', message: expect.stringMatching(words) })
    },
  )

  test('SQLite errors: a bug of ours is not converted', () => {
    for (const statement of ['SELECT * FROM none', "INSERT INTO meta VALUES ('x', NULL)"]) {
      const error = errorOf(statement)
      expect(toStorageFault(error)).toBe(error)
    }
    const error = new Error('not of SQLite')
    expect(toStorageFault(error)).toBe(error)
  })

  test('SQLite errors: a full disk is a Fault, even wrapped by drizzle', () => {
    const full = errorOf('PRAGMA max_page_count = 1', bigInsert)
    const wrapped = new DrizzleError({ message: 'Failed to run the query', cause: full })
    for (const error of [full, wrapped]) {
      expect(toStorageFault(error)).toMatchObject({ kind: 'unavailable', cause: full })
    }
    expect(isBusy(full)).toBe(false)
  })

  test('SQLite errors: a disk that refuses the sync before a commit is a Fault', () => {
    const write = () => writeFileSync('/dev/full', 'text')
    expect(write).toThrow('ENOSPC')
    try {
      write()
    } catch (error) {
      expect(toStorageFault(error)).toMatchObject({ kind: 'unavailable', cause: error })
    }
  })
})

const bigInsert = "INSERT INTO meta VALUES ('big', hex(randomblob(1000000)))"
