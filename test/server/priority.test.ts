import { expect, test } from 'bun:test'
import { constants } from 'node:os'
import { join } from 'node:path'

test('backup and check: they lower their priority, so that a server on the same machine goes first', () => {
  const script = `
    import { getPriority } from 'node:os'
    import { lowerPriority } from ${JSON.stringify(join(import.meta.dir, '../../src/server/priority.ts'))}
    lowerPriority()
    console.log(getPriority())`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script])
  expect(Number(stdout.toString())).toBe(constants.priority.PRIORITY_LOW)
})
