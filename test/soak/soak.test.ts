import { expect, test } from 'bun:test'
import { createRandom } from '../support/random.ts'
import { Sandbox } from '../support/server.ts'
import { runFaults } from './run.ts'

const SEED = 20_261_127

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
