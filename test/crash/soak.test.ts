import { expect, test } from 'bun:test'
import { runFaults } from '../soak/run.ts'
import { createRandom } from '../support/random.ts'
import { Sandbox } from '../support/server.ts'

const SEED = 20_261_127
const TIMEOUT_MS = 300_000

test(
  'soak: each fault once, under load, loses no acknowledged change, event or delivery',
  async () => {
    using sandbox = new Sandbox()
    const { world, outcomes, drainMs } = await runFaults({
      root: sandbox.path,
      engine: 'sqlite',
      env: {},
      random: createRandom(SEED),
      kills: 12,
      changes: 2000,
      only: [],
      onProgress: () => undefined,
    })
    expect(world.findings).toEqual([])
    expect([...outcomes].filter(([, { times }]) => times === 0)).toEqual([])
    expect(drainMs).not.toBeNull()
  },
  TIMEOUT_MS,
)
