import { expect, test } from 'bun:test'
import { type ModelOptions, runModel } from './run.ts'
import { createOpenCache, openNetworkOnly } from './stand-ins.ts'

/**
 * The length of each run. The longest lease ends after five seconds, so only long runs see all of it:
 * EDGE_MODEL_SECONDS=120 bun test test/edge/model. With EDGE_MODEL_SEED, all choices are repeated.
 */
const seconds = process.env.EDGE_MODEL_SECONDS
const seed = Number(process.env.EDGE_MODEL_SEED ?? Date.now() % 1_000_000)
/** Leaves room for a machine under load. */
const TIMEOUT_MS = Number(seconds ?? 0) * 1000 + 120_000

function model(
  title: string,
  shortSeconds: number,
  options: Pick<ModelOptions, 'faults' | 'open'>,
): void {
  const check = async () => {
    const figures = await runModel({ ...options, seed, seconds: Number(seconds ?? shortSeconds) })
    expect(figures.valid).toBeGreaterThan(0)
  }
  test(`edge model ${seed}: ${title}`, check, TIMEOUT_MS)
}

model('behind slow lines, every validation is counted exactly once', 3, { faults: 'slow lines' })
model('behind broken lines, no answer contradicts the primary', 4, { faults: 'network' })
model('whatever dies, and whatever backup is restored, no answer contradicts the primary', 4, {
  faults: 'all',
})

if (seconds !== undefined) {
  model('edges that are killed lose only what they counted last', 0, { faults: 'edges' })
  model('a primary alone does not contradict itself', 0, {
    faults: 'network',
    open: openNetworkOnly,
  })
}

test(
  `edge model ${seed}: a cache that is out of date for half a second is found`,
  async () => {
    const run = runModel({ seed, seconds: 60, faults: 'network', open: createOpenCache(500) })
    await expect(run).rejects.toThrow('had ended')
  },
  TIMEOUT_MS,
)
