import { expect, test } from 'bun:test'
import { FixedClock } from '../../support/clock.ts'
import { createMigratedFiles } from '../../support/database.ts'
import { Sandbox } from '../../support/server.ts'
import { openSqlite } from './open-store.ts'

const MINUTE_MS = 60_000
const lease = (holder: string) => ({ name: 'a job', holder, forMs: MINUTE_MS })

function openStore() {
  const sandbox = new Sandbox()
  const directory = sandbox.at()
  createMigratedFiles(directory)
  const clock = new FixedClock()
  const store = openSqlite(directory, { clock })
  let commits = 0
  store.subscribe(() => {
    commits += 1
  })
  return {
    store,
    clock,
    countCommits: () => commits,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      sandbox[Symbol.dispose]()
    },
  }
}

test('leases: a lease ends unless it is extended, which writes only when half of it is over', async () => {
  await using opened = openStore()
  const { store, clock, countCommits } = opened
  expect(await store.leases.take(lease('one'))).toBe(true)
  clock.advanceMs(MINUTE_MS / 2)
  expect(await store.leases.take(lease('one'))).toBe(true)
  expect(await store.leases.take(lease('two'))).toBe(false)
  expect(countCommits()).toBe(1)
  clock.advanceMs(1)
  expect(await store.leases.take(lease('one'))).toBe(true)
  expect(countCommits()).toBe(2)
  clock.advanceMs(MINUTE_MS - 1)
  expect(await store.leases.take(lease('two'))).toBe(false)
  clock.advanceMs(1)
  expect(await store.leases.take(lease('two'))).toBe(true)
})

test('leases: a lease from a time before the clock was set back does not hold up others', async () => {
  await using opened = openStore()
  const { store, clock } = opened
  await store.leases.take(lease('one'))
  clock.jumpMs(-60 * MINUTE_MS)
  expect(await store.leases.take(lease('two'))).toBe(true)
})

test('nodes: a server that is silent for too long has ended, and others have not', async () => {
  await using opened = openStore()
  const { store, clock } = opened
  for (const id of ['silent', 'alive', 'own']) await store.nodes.beat(id)
  clock.advanceMs(MINUTE_MS - 1)
  await store.nodes.beat('alive')
  expect(await store.nodes.endSilent('own', MINUTE_MS)).toBe(0)
  clock.advanceMs(1)
  expect(await store.nodes.endSilent('own', MINUTE_MS)).toBe(1)
  await store.nodes.beat('silent')
  expect(await store.nodes.endSilent('own', MINUTE_MS)).toBe(0)
})

test('nodes: the only server ends all others, also after the clock was set back', async () => {
  await using opened = openStore()
  const { store, clock } = opened
  await store.nodes.beat('former')
  clock.jumpMs(-60 * MINUTE_MS)
  await store.nodes.beat('own')
  expect(await store.nodes.endSilent('own', 0)).toBe(1)
})
