import { test } from 'bun:test'

/** Whether a process may mount in a namespace of its own, which some containers do not allow. */
export const canMount = Bun.spawnSync(['unshare', '-rm', 'true']).exitCode === 0

/** Registers a test that mounts. */
export function testMounting(name: string, run: () => Promise<void>): void {
  if (canMount) test(name, run)
}
