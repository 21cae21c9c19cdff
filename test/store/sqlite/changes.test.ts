import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createCachedStore } from '~/store/cache.ts'
import type { Commit, Store } from '~/store/port.ts'
import { FixedClock } from '../../support/clock.ts'
import { anApiKey, startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { contextAt, createCatalog, issue, touch } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const DAY_MS = 86_400_000

let directory: string
let aside: string
let store: Store
let first: string
let second: string
beforeEach(async () => {
  directory = createScratchDirectory()
  aside = createScratchDirectory()
  store = openSqlite(directory)
  await createCatalog(store)
  const ids = (await issue(store, {}, {})).map(({ license }) => license.id)
  first = ids[0] ?? ''
  second = ids[1] ?? ''
})
afterEach(async () => {
  jest.useRealTimers()
  await store.close()
  for (const path of [directory, aside]) rmSync(path, { recursive: true })
})

const list = (after: string) => store.changes.list(after, 100)
const readPosition = () => store.changes.readPosition()
const sessionOf = (position: string) => position.split('.')[0]

/** Opens the database like a program that knows nothing of Licet's rules. */
const openForeign = () => new Database(join(directory, 'licet.sqlite'), { strict: true })

const hearOne = () => new Promise<Commit>((resolve) => store.subscribe(resolve))

/** Writes a copy of the database, like `licet backup`. */
function backUp(): void {
  using db = openForeign()
  db.run('VACUUM INTO ?', [join(aside, 'licet.sqlite')])
}

async function restoreFrom(copy: () => void): Promise<void> {
  await store.close()
  rmSync(directory, { recursive: true })
  copy()
  store = openSqlite(directory)
}

describe('restored databases', () => {
  const restores = {
    'a backup is restored': {
      save: backUp,
      restore: () => cpSync(aside, directory, { recursive: true }),
    },
    'the whole directory is rolled back': {
      save: () => cpSync(directory, aside, { recursive: true }),
      restore: () => cpSync(aside, directory, { recursive: true }),
    },
  }

  test.each(Object.entries(restores))(
    'positions: what came after the copy is unknown when %s, and what came before is not',
    async (_what, { save, restore }) => {
      await touch(store, first)
      const before = readPosition()
      save()
      const lost: string[] = []
      for (let count = 0; count < 5; count += 1) {
        await touch(store, second)
        lost.push(readPosition())
      }
      await restoreFrom(restore)
      for (const id of [first, first, second, first, first, second]) await touch(store, id)
      expect(await Promise.all(lost.map(list))).toEqual(lost.map(() => null))
      expect((await list(before))?.licenseIds).toEqual([first, second])
    },
  )

  test('positions: those of a server that started after the backup are unknown', async () => {
    backUp()
    await store.close()
    store = openSqlite(directory)
    const lost = readPosition()
    await restoreFrom(() => cpSync(aside, directory, { recursive: true }))
    for (const id of [first, second, first]) await touch(store, id)
    expect(await list(lost)).toBeNull()
  })

  test('positions: two servers on copies of one directory never know the positions of each other', async () => {
    await store.close()
    cpSync(directory, aside, { recursive: true })
    const other = openSqlite(aside)
    store = openSqlite(directory)
    await touch(other, first)
    await touch(store, first)
    expect(await list(other.changes.readPosition())).toBeNull()
    expect(await other.changes.list(readPosition(), 100)).toBeNull()
    await other.close()
  })
})

describe('other programs', () => {
  const suspend = (db: Database) =>
    db.run('UPDATE licenses SET suspended_at_ms = ? WHERE id = ?', [startMs, first])

  test('other programs: their commits make all positions unknown, and clear the cache', async () => {
    const cached = createCachedStore(store, { licensesMax: 100, ttlMs: DAY_MS })
    const { license } = (await store.licenses.find(first)) ?? {}
    const find = () => cached.validations.findLicense(license?.keyHash ?? '', startMs)
    await find()
    const former = readPosition()
    const heard = hearOne()
    using db = openForeign()
    suspend(db)
    expect(await heard).toMatchObject({ isExternal: true, touchesPlans: true, touchesEdges: true })
    expect(await list(former)).toBeNull()
    expect((await find())?.license.suspendedAtMs).toBe(startMs)
    const position = readPosition()
    await touch(store, second)
    expect(await list(position)).toMatchObject({ licenseIds: [second], isAll: false })
  })

  test('other programs: their commits are noticed within 250 ms', async () => {
    await store.close()
    jest.useFakeTimers()
    store = openSqlite(directory)
    let heard = 0
    store.subscribe(() => {
      heard += 1
    })
    using db = openForeign()
    suspend(db)
    expect(heard).toBe(0)
    jest.advanceTimersByTime(250)
    expect(heard).toBe(1)
  })

  test('other programs: after a restart, a position from before their commit says that anything has changed', async () => {
    const former = readPosition()
    const heard = hearOne()
    using db = openForeign()
    suspend(db)
    await heard
    await touch(store, first)
    const between = readPosition()
    await store.close()
    store = openSqlite(directory)
    await touch(store, second)
    expect(await list(former)).toMatchObject({ licenseIds: [], isAll: true })
    expect(await list(between)).toMatchObject({ licenseIds: [second], isAll: false })
  })

  test('other programs: a command that only reads looks like no commit to others', async () => {
    using db = openForeign()
    const readVersion = () => db.query('PRAGMA data_version').get()
    const version = readVersion()
    const command = openSqlite(directory, { isLocked: false })
    await command.licenses.find(first)
    await command.close()
    expect(readVersion()).toEqual(version)
  })
})

describe('failing writes', () => {
  test('failing writes: if its changes cannot be recorded, no command of a commit has an effect', async () => {
    const former = readPosition()
    const commits: Commit[] = []
    using db = openForeign()
    db.run(`CREATE TRIGGER full BEFORE INSERT ON changes BEGIN SELECT raise(ABORT, 'full'); END`)
    store.subscribe((commit) => commits.push(commit))
    const outcomes = await Promise.allSettled([touch(store, first), touch(store, second)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await store.licenses.find(first))?.license.version).toBe(1)
    expect(commits.filter(({ isExternal }) => !isExternal)).toEqual([])
    expect(readPosition().split('.')[1]).toBe(former.split('.')[1])
    db.run('DROP TRIGGER full')
    await touch(store, first)
    expect((await store.licenses.find(first))?.license.version).toBe(2)
    expect(Number(readPosition().split('.')[1])).toBeGreaterThan(Number(former.split('.')[1]))
  })

  test('failing writes: a server that cannot write at its start begins its session with the first commit', async () => {
    const former = readPosition()
    await store.close()
    using db = openForeign()
    db.run('BEGIN IMMEDIATE')
    store = openSqlite(directory)
    const position = readPosition()
    expect(sessionOf(position)).not.toBe(sessionOf(former))
    expect(await list(former)).toBeNull()
    expect(await list(position)).toMatchObject({ licenseIds: [], isAll: false })
    db.run('COMMIT')
    await touch(store, first)
    expect(await list(position)).toMatchObject({ licenseIds: [first], isAll: false })
    expect(await list(former)).toMatchObject({ licenseIds: [first], isAll: false })
    await store.close()
    store = openSqlite(directory)
    expect(await list(position)).toBeNull()
    expect(await list(former)).toMatchObject({ licenseIds: [first] })
  })
})

test('changes: those from a time that the clock was ahead are trimmed once it is set back', async () => {
  await store.close()
  const clock = new FixedClock()
  clock.jumpMs(DAY_MS)
  store = openSqlite(directory, { clock })
  const former = readPosition()
  await touch(store, first)
  clock.jumpMs(-DAY_MS)
  await touch(store, second)
  const last = readPosition()
  await touch(store, first)
  expect(await store.changes.trim(startMs - 1, 100)).toBe(0)
  expect(await store.changes.trim(startMs, 1)).toBe(0)
  expect(await list(former)).not.toBeNull()
  expect(await list(last)).toMatchObject({ licenseIds: [first] })
})

test('positions: moved when the listeners of a commit are called, and each run of a server has a session of its own', async () => {
  const former = readPosition()
  const heard: string[] = []
  store.subscribe(() => heard.push(readPosition()))
  await touch(store, first)
  expect(heard).toEqual([readPosition()])
  expect(heard).not.toContain(former)
  await store.close()
  store = openSqlite(directory)
  expect(sessionOf(readPosition())).not.toBe(sessionOf(former))
})

test('positions: the listeners get the commits of a command beside the server before the next own one', async () => {
  const position = readPosition()
  const beside = openSqlite(directory, { isLocked: false })
  const heard: (readonly string[])[] = []
  store.subscribe(({ licenseIds }) => heard.push(licenseIds))
  await touch(beside, first)
  await beside.apiKeys.create(anApiKey(), 'hash', contextAt())
  await touch(store, second)
  await beside.close()
  expect(heard).toEqual([[first], [], [second]])
  expect((await list(position))?.licenseIds).toEqual([first, second])
})
