import { expect, test } from 'bun:test'
import { runModel } from './run.ts'
import { createOpenCache, openNetworkOnly } from './stand-ins.ts'

/** Seconds of each run. A longer one: EDGE_MODEL_SECONDS=300 bun test test/edge/model */
const seconds = Number(process.env.EDGE_MODEL_SECONDS ?? 4)
/** All choices follow from it. */
const seed = Number(process.env.EDGE_MODEL_SEED ?? Date.now() % 1_000_000)
const TIMEOUT_MS = (seconds + 60) * 1000

test(
  `edge model ${seed}: a primary behind bad networks never contradicts itself`,
  async () => {
    const figures = await runModel({ seed, seconds, kills: 'none', open: openNetworkOnly })
    expect(figures.valid).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)

test(
  `edge model ${seed}: a cache that is out of date for half a second is found`,
  async () => {
    const run = runModel({ seed, seconds: 30, kills: 'none', open: createOpenCache(500) })
    await expect(run).rejects.toThrow('had ended')
  },
  TIMEOUT_MS,
)
