import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { createRandom } from '../support/random.ts'
import { Sandbox } from '../support/server.ts'
import { checkEverything } from './check.ts'
import type { Expected } from './expected.ts'
import { waitForChanges } from './fault.ts'
import { runClient } from './operations.ts'
import { runFaults } from './run.ts'
import { fit } from './steady.ts'
import { openWorld } from './world.ts'

const SEED = 20_261_127
const HOUR_MS = 3_600_000

test('soak: a few kills under load lose no acknowledged change, event or delivery', async () => {
  using sandbox = new Sandbox()
  const result = await runFaults({
    root: sandbox.path,
    engine: 'sqlite',
    env: {},
    random: createRandom(SEED),
    kills: 3,
    changes: 300,
    only: ['server under load'],
    onProgress: () => undefined,
  })
  expect(result.world.findings).toEqual([])
  expect(result.world.ledger.count()).toBeGreaterThanOrEqual(300)
  expect(result.deliveries).toBeGreaterThanOrEqual(result.events)
  expect(result.drainMs).not.toBeNull()
})

test('soak: a lost license, a lost event, a revocation that was undone and a lost response are found', async () => {
  using sandbox = new Sandbox()
  const random = createRandom(SEED)
  await using world = await openWorld({ name: 'data', root: sandbox.path, random })
  world.life.open()
  let isOver = false
  const load = runClient(world, 'client', 'faults', () => isOver)
  const find = (matches: (license: Expected) => boolean) =>
    [...world.licenses.values()].find(matches)
  while (find(({ status }) => status === 'revoked') === undefined || world.stored.length === 0) {
    await waitForChanges(world, 1)
  }
  isOver = true
  await load
  await world.life.stop()

  const isPlain = ({ status, events }: Expected) => status === 'active' && events.length === 1
  const plain = [...world.licenses.values()].filter(isPlain)
  const [lost, eventless] = plain
  const revoked = find(({ status }) => status === 'revoked')
  using db = new Database(sandbox.at('data', 'licet.sqlite'))
  db.run('PRAGMA foreign_keys = OFF')
  db.run('DELETE FROM licenses WHERE id = ?', [String(lost?.id)])
  db.run('DELETE FROM events WHERE license_id = ?', [String(eventless?.id)])
  db.run('UPDATE licenses SET revoked_at_ms = NULL WHERE id = ?', [String(revoked?.id)])
  db.run('DELETE FROM stored_responses')
  db.close()

  await world.life.start()
  await checkEverything(world)
  const texts = world.findings.map(({ kind, text }) => `${kind}: ${text}`)
  expect(texts).toContain(`lost: ${lost?.id} is missing`)
  expect(texts).toContain(`lost: ${eventless?.id}: the events  are not license.created`)
  expect(texts.filter((text) => text.startsWith(`wrong: ${revoked?.id}: the status`))).toHaveLength(
    1,
  )
  expect(texts.filter((text) => text.startsWith('lost: the response to client-'))).not.toEqual([])
})

const sampleAt = (minute: number, megabytes: number) => ({
  atMs: (minute / 60) * HOUR_MS,
  'resident memory': megabytes,
  'open descriptors': 30,
  'write-ahead log': 4,
  'delay of the event loop, p99': 1,
  'response time, p99': 3,
})
const minutes = Array.from({ length: 60 }, (_, minute) => minute)

test('soak: memory that grows by 60 MB per hour is not flat, and memory that only goes up and down is', () => {
  const growing = fit(
    'resident memory',
    minutes.map((minute) => sampleAt(minute, 150 + minute)),
  )
  expect(growing.slopePerHour).toBeCloseTo(60)
  expect(growing.isFlat).toBe(false)
  const noisy = minutes.map((minute) => sampleAt(minute, 150 + 20 * (minute % 2)))
  expect(fit('resident memory', noisy).isFlat).toBe(true)
})
