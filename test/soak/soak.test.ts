import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { createRandom } from '../support/random.ts'
import { Sandbox } from '../support/server.ts'
import { checkEverything } from './check.ts'
import { waitForChanges } from './fault.ts'
import { runClient } from './operations.ts'
import { startReceivers } from './receivers.ts'
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

test('soak: whatever is lost, undone or doubled on purpose is found', async () => {
  using sandbox = new Sandbox()
  const random = createRandom(SEED)
  await using world = await openWorld({ name: 'data', root: sandbox.path, random })
  world.life.open()
  let isOver = false
  const load = runClient(world, 'client', 'faults', () => isOver)
  const all = () => [...world.licenses.values()]
  const isReady = () =>
    all().some(({ status }) => status === 'revoked') &&
    all().some(({ seats }) => seats.size > 0) &&
    world.stored.length > 0
  while (!isReady()) await waitForChanges(world, 1)
  isOver = true
  await load
  await world.life.stop()

  const plain = all().filter(({ status, events }) => status === 'active' && events.length === 1)
  const [missing, eventless, unaudited] = plain.map(({ id }) => id)
  const revoked = all().find(({ status }) => status === 'revoked')?.id
  const seated = all().find(({ seats }) => seats.size > 0)?.id
  using db = new Database(sandbox.at('data', 'licet.sqlite'))
  const run = (sql: string, id?: string) => db.run(sql, id === undefined ? [] : [id])
  run('PRAGMA foreign_keys = OFF')
  run('DROP TRIGGER audit_is_not_deleted')
  run('DELETE FROM licenses WHERE id = ?', missing)
  run('DELETE FROM events WHERE license_id = ?', eventless)
  run('DELETE FROM audit WHERE subject_id = ?', unaudited)
  run('UPDATE licenses SET revoked_at_ms = NULL WHERE id = ?', revoked)
  run('DELETE FROM seats WHERE license_id = ?', seated)
  run('DELETE FROM stored_responses')
  db.close()
  using usage = new Database(sandbox.at('data', 'usage.sqlite'))
  usage.run('UPDATE validations SET count = count + 1')
  usage.close()

  await world.life.start()
  await checkEverything(world)
  const texts = world.findings.map(({ kind, text }) => `${kind}: ${text}`).join('\n')
  for (const expected of [
    `lost: ${missing} is missing`,
    `lost: ${eventless}: the events  are not license.created`,
    `lost: ${unaudited}: the audit log has , not license.create`,
    'lost: audit entries',
    `wrong: ${revoked}: the status`,
    `wrong: ${seated}: the seats`,
    'lost: the response to client-',
    'wrong: the history has',
  ]) {
    expect(texts).toContain(expected)
  }
})

test('soak: a delivery that never arrives is found', async () => {
  await using receivers = await startReceivers()
  expect(await receivers.waitFor(['evt_that_was_dropped'], 100)).toBeNull()
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
  expect(growing.parts).toEqual([154.5, 164.5, 174.5, 184.5, 194.5, 204.5])
  expect(growing.isFlat).toBe(false)
  const noisy = minutes.map((minute) => sampleAt(minute, 150 + 20 * (minute % 2)))
  expect(fit('resident memory', noisy).isFlat).toBe(true)
})
