import { expect } from 'bun:test'
import type { Validated, World } from './world.ts'

/** The promise is one second. The rest is for a machine that runs many tests at once. */
const LOST_MAX_MS = 3000

/**
 * Checks that the primary has counted each answer exactly once. Only what was answered just before a
 * kill may be missing. In addition, there may be what was forwarded and given up, or sent again because
 * the connection was reset.
 */
export async function expectExactUsage(world: World): Promise<void> {
  if (world.hasRestored) return
  const resets = world.cluster.edges.reduce((sum, { network }) => sum + network.resetCount(), 0)
  const byLicense = Map.groupBy(world.validated, ({ licenseId }) => licenseId)
  let surplus = 0
  for (const [licenseId, validated] of byLicense) {
    const { body } = await world.cluster.send('GET', `/api/v1/licenses/${licenseId}/usage`)
    const counted = { valid: body.summary.valid, refused: body.summary.refused }
    surplus += expectCount(world, `valid ${licenseId}`, counted.valid, validated, true)
    surplus += expectCount(world, `refused ${licenseId}`, counted.refused, validated, false)
  }
  const unsure = world.validated.filter(({ isUnsure }) => isUnsure).length
  expect(surplus, 'counted, but not answered').toBeLessThanOrEqual(unsure + resets)
}

/** Returns how many more were counted than answered. */
function expectCount(
  world: World,
  name: string,
  counted: number,
  validated: readonly Validated[],
  isValid: boolean,
): number {
  const answered = validated.filter((each) => each.isValid === isValid)
  const lost = world.kills.map((kill) => ({ ...kill, fromMs: findLostFrom(world, kill) }))
  const certain = answered.filter((each) =>
    lost.every(
      ({ edge, fromMs, atMs }) =>
        (edge !== null && edge !== each.edge) || each.atMs > atMs || each.atMs < fromMs,
    ),
  )
  expect(counted, name).toBeGreaterThanOrEqual(certain.length)
  return Math.max(0, counted - answered.length)
}

/** Returns from when on answers may be lost by a kill. While a process is stopped, it stores nothing. */
function findLostFrom({ stops }: World, { edge, atMs }: World['kills'][number]): number {
  let fromMs = atMs
  for (const stop of stops.toReversed()) {
    const concerns = stop.edge === edge && stop.fromMs < fromMs
    if (concerns && stop.untilMs > fromMs - LOST_MAX_MS) fromMs = stop.fromMs
  }
  return fromMs - LOST_MAX_MS
}
