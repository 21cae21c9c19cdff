import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerProcess } from '../../support/server.ts'
import { checkLicense, forEach } from '../check.ts'
import { type Fault, openSideWorld, requireSuccess, runCommand, type Soak } from '../fault.ts'

const CHANGES = 300
const PAGE_BYTES = 4096

/** A damaged page is reported, or nothing needs it. No license gets another state because of it. */
const damagedPage: Fault = {
  name: 'damaged page of the database',
  share: 8,
  engines: ['sqlite'],
  isApart: true,
  async run(soak) {
    await using side = await openSideWorld(soak, CHANGES)
    const { world } = side
    await side.endLoad()
    await world.life.stop()
    await requireSuccess(soak, world, 'before any damage', ['check'])
    damage(soak, join(world.directory, 'licet.sqlite'))
    const { code } = await runCommand(soak, ['check'], world.environment)
    try {
      soak.outcome.recoveredMs.push(await world.life.start())
    } catch {
      soak.outcome.refused += 1
      return
    }
    // A license that the damage hides is lost, unless the server says so.
    let reported = code === 0 ? 0 : 1
    const server = sayWhatFails(world.life.server(), () => {
      reported += 1
    })
    await forEach(world.licenses.values(), async (license) => {
      await checkLicense(server, license, 'whole', world.find).catch(requireReported)
    })
    if (reported > 0) soak.outcome.refused += 1
  },
}

function damage({ random }: Soak, path: string): void {
  const pages = statSync(path).size / PAGE_BYTES
  const file = openSync(path, 'r+')
  const bytes = random.chance(0.5) ? Buffer.alloc(PAGE_BYTES) : Buffer.from(randomBytes(random))
  writeSync(file, bytes, 0, PAGE_BYTES, random.below(pages) * PAGE_BYTES)
  closeSync(file)
}

const randomBytes = ({ below }: Soak['random']) =>
  Uint8Array.from({ length: PAGE_BYTES }, () => below(256))

class Reported extends Error {}

/** A server whose responses with 503 end the check of a license, because they say what is wrong. */
function sayWhatFails(server: ServerProcess, onReport: () => void): ServerProcess {
  return {
    ...server,
    send: async (...request) => {
      const response = await server.send(...request)
      if (response.status !== 503) return response
      onReport()
      throw new Reported()
    },
  }
}

function requireReported(error: unknown): void {
  if (!(error instanceof Reported)) throw error
}

export const damageFaults = [damagedPage]
