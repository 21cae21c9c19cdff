import { expect } from 'bun:test'
import type { Validated, World } from './world.ts'

/** The promise is one second. The rest is for a machine that runs many tests at once. */
const LOST_MAX_MS = 3000

/**
 * Checks that the primary has counted each answer exactly once. Only what was answered just before a
 * kill may be missing, and only what was forwarded and given up may be there in addition.
 */
export async function expectExactUsage(world: World): Promise<void> {
  if (world.hasRestored) return
  const byLicense = Map.groupBy(world.validated, ({ licenseId }) => licenseId)
  for (const [licenseId, validated] of byLicense) {
    const { body } = await world.cluster.send('GET', `/api/v1/licenses/${licenseId}/usage`)
    const { valid, refused } = body.summary
    expectCount(world, `valid ${licenseId}`, valid, validated, true)
    expectCount(world, `refused ${licenseId}`, refused, validated, false)
    const unsure = validated.filter(({ isUnsure }) => isUnsure).length
    const answered = validated.filter(({ isValid }) => isValid !== null).length
    expect(valid + refused, `all of ${licenseId}`).toBeLessThanOrEqual(answered + unsure)
  }
}

function expectCount(
  { kills }: World,
  name: string,
  counted: number,
  validated: readonly Validated[],
  isValid: boolean,
): void {
  const answered = validated.filter((each) => each.isValid === isValid)
  const unsure = validated.filter(({ isUnsure }) => isUnsure).length
  const certain = answered.filter(({ edge, atMs }) =>
    kills.every(
      (kill) =>
        (kill.edge !== null && kill.edge !== edge) ||
        atMs > kill.atMs ||
        atMs < kill.atMs - LOST_MAX_MS,
    ),
  )
  expect(counted, name).toBeGreaterThanOrEqual(certain.length)
  expect(counted, name).toBeLessThanOrEqual(answered.length + unsure)
}
