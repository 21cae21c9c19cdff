import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { createTransactions } from '~/store/sqlite/transactions.ts'
import { createScratchDirectory } from '../../support/scratch.ts'

let directory: string
let db: Database
let log: string[]
let resets: string[][]

const open = () => {
  const client = new Database(join(directory, 'test.sqlite'), { create: true, strict: true })
  client.run('PRAGMA busy_timeout = 0')
  client.run('PRAGMA journal_mode = WAL')
  return client
}
const transactionsOf = (client: Database) =>
  createTransactions(client, {
    mark: () => () => undefined,
    onReset: () => resets.push(textsIn(client)),
    beforeLongCommit: async () => void log.push('sync'),
    beforeCommit: () => undefined,
    onCommit: () => log.push('commit'),
    afterGroup: async () => undefined,
    onRollback: () => log.push('rollback'),
  })
const insert = (client: Database, text: string) =>
  void client.run('INSERT INTO notes (text) VALUES (?)', [text])
const textsIn = (client: Database) =>
  client
    .query<{ text: string }, []>('SELECT text FROM notes ORDER BY rowid')
    .all()
    .map(({ text }) => text)

beforeEach(() => {
  directory = createScratchDirectory()
  log = []
  resets = []
  db = open()
  db.run('CREATE TABLE notes (text TEXT UNIQUE) STRICT')
})
afterEach(() => {
  db.close()
  rmSync(directory, { recursive: true })
})

describe('groups', () => {
  test('transactions: waiting tasks share a commit, which is reported before they resolve', async () => {
    const { run } = transactionsOf(db)
    const results = Array.from({ length: 150 }, async (_, index) => {
      await run(() => insert(db, `note ${index}`))
      log.push('result')
    })
    await Promise.all(results)
    expect(log.indexOf('result')).toBe(1)
    expect(log.filter((word) => word === 'commit')).toHaveLength(1)
    expect(textsIn(db)).toHaveLength(150)
  })

  test('transactions: what was read is forgotten when one begins, and when a task is undone', async () => {
    const { run } = transactionsOf(db)
    const undo = () => {
      insert(db, 'undone')
      throw new Error('undone')
    }
    const tasks = [() => insert(db, 'first'), undo, () => insert(db, 'second')]
    await Promise.allSettled(tasks.map(run))
    await run(() => insert(db, 'third'))
    expect(resets).toEqual([[], ['first'], ['first', 'second']])
  })

  test('transactions: what a long one has written is synced in steps before its commit, a short one is committed at once', async () => {
    const { run, runInSteps } = transactionsOf(db)
    await run(() => insert(db, 'short'))
    expect(log).toEqual(['commit'])
    const endsAtMs = performance.now() + 60
    await runInSteps(function* () {
      insert(db, 'long')
      while (performance.now() < endsAtMs) yield
    })
    expect(log).toEqual(['commit', 'sync', 'commit'])
    expect(textsIn(db)).toEqual(['short', 'long'])
  })

  test('transactions: tasks run in order, across groups', async () => {
    const { run, end } = transactionsOf(db)
    const texts = Array.from({ length: 450 }, (_, index) => `note ${index}`)
    for (const text of texts) void run(() => insert(db, text))
    await end()
    expect(textsIn(db)).toEqual(texts)
    expect(log).toEqual(['commit', 'commit', 'commit'])
  })

  test('transactions: waiting tasks run before the end, later ones are refused', async () => {
    const { run, end } = transactionsOf(db)
    const early = run(() => insert(db, 'early'))
    const ended = end()
    await expect(run(() => insert(db, 'late'))).rejects.toThrow('stopping')
    await Promise.all([early, ended])
    expect(textsIn(db)).toEqual(['early'])
  })

  test('transactions: a task resolves with its result or rejects with its error', async () => {
    const { run } = transactionsOf(db)
    const fault = new Fault('in_use', 'No.')
    const outcomes = await Promise.allSettled([
      run(() => {
        insert(db, 'written')
        return 7
      }),
      run(() => {
        insert(db, 'undone')
        throw fault
      }),
      run(() => insert(db, 'written')),
      run(() => insert(db, 'written too')),
    ])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: 7 },
      { status: 'rejected', reason: fault },
      { status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_UNIQUE' } },
      { status: 'fulfilled' },
    ])
    expect(textsIn(db)).toEqual(['written', 'written too'])
  })
})

describe('full disk', () => {
  const large = 'x'.repeat(100_000)
  // SQLite raises a maximum below the current size to the current size.
  const fill = (client: Database) => client.run('PRAGMA max_page_count = 1')

  test('full disk: writes are refused with a Fault, reads continue, and writes recover', async () => {
    const { run } = transactionsOf(db)
    await run(() => insert(db, 'before'))
    fill(db)
    const refused = run(() => insert(db, large))
    await expect(refused).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 })
    expect(textsIn(db)).toEqual(['before'])
    expect(db.inTransaction).toBe(false)
    db.run('PRAGMA max_page_count = 1000000')
    await run(() => insert(db, large))
    expect(textsIn(db)).toEqual(['before', large])
  })

  test('full disk: every task of the transaction is either written or refused', async () => {
    const { run } = transactionsOf(db)
    fill(db)
    const outcomes = await Promise.allSettled([
      run(() => insert(db, 'small')),
      run(() => insert(db, large)),
      run(() => insert(db, 'small too')),
    ])
    const written = ['small', large, 'small too'].filter(
      (_, index) => outcomes[index]?.status === 'fulfilled',
    )
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } })
    expect(textsIn(db)).toEqual(written)
  })
})

describe('busy database', () => {
  let other: Database
  beforeEach(() => {
    other = open()
    other.run('BEGIN IMMEDIATE')
  })
  afterEach(() => other.close())

  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

  test('busy database: a task waits for another process', async () => {
    const { run } = transactionsOf(db)
    const waiting = run(() => insert(db, 'mine'))
    await turn()
    insert(other, 'theirs')
    other.run('COMMIT')
    await waiting
    expect(textsIn(db)).toEqual(['theirs', 'mine'])
  })

  test('busy database: a task is refused after five seconds, and later tasks work again', async () => {
    jest.useFakeTimers()
    const { run } = transactionsOf(db)
    const refused = Promise.allSettled([run(() => insert(db, 'too early'))])
    await turn()
    jest.advanceTimersByTime(5000)
    jest.useRealTimers()
    expect(await refused).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
    other.run('ROLLBACK')
    await run(() => insert(db, 'later'))
    expect(textsIn(db)).toEqual(['later'])
  })
})
