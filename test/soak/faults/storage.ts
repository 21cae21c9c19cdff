import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerProcess } from '../../support/server.ts'
import { checkEverything, checkLicense, forEach } from '../check.ts'
import {
  type Fault,
  killServer,
  openSideWorld,
  restart,
  runCommand,
  type Soak,
  waitForChanges,
} from '../fault.ts'
import { environmentOf, type World } from '../world.ts'

const CHANGES = 300
const DISK = '24m'
const BLOCK_BYTES = 4096
const PAGE_BYTES = 4096
const REFUSALS = 20
const POLL_MS = 5
const engines = ['sqlite'] as const

const canMount = () => Bun.spawnSync(['unshare', '-rm', 'true']).exitCode === 0

/** Changes are refused while the disk is full, and go on once there is room, even if the server is killed meanwhile. */
const fullDisk: Fault = {
  name: 'full disk, with a kill -9 and a start while it is full',
  share: 4,
  engines,
  isApart: true,
  isPossible: canMount,
  async run(soak) {
    const directory = join(soak.root, soak.nextName())
    await using disk = await mountDisk(directory)
    await using side = await openSideWorld(soak, {
      directory: join(directory, 'data'),
      launch: { shell: disk.enter },
    })
    const { world } = side
    await waitForChanges(world, CHANGES)
    const filler = `${disk.path}/filler`
    fill(filler)
    await waitForRefusals(world)
    await killServer(soak, world)
    await startOnFullDisk(soak, world)
    rmSync(filler)
    await waitForChanges(world, CHANGES)
    await killServer(soak, world)
    await restart(soak, world)
    await side.endLoad()
    await checkEverything(world)
  },
}

interface Disk extends AsyncDisposable {
  /** Where this process sees it. */
  readonly path: string
  /** Shell commands after which a program sees it too, at its directory. */
  readonly enter: string
}

/** Mounts a small disk, which lives as long as a process. */
async function mountDisk(directory: string): Promise<Disk> {
  mkdirSync(directory)
  const script = `mount -t tmpfs -o size=${DISK} none "$1" && echo mounted && exec sleep infinity`
  const holder = Bun.spawn(['unshare', '-rm', 'sh', '-c', script, 'sh', directory], {
    stdout: 'pipe',
  })
  const { done } = await holder.stdout.getReader().read()
  if (done) throw new Error('A disk could not be mounted.')
  return {
    path: `/proc/${holder.pid}/root${directory}`,
    enter: `set -- nsenter --target ${holder.pid} --user --preserve-credentials --mount "$@";`,
    async [Symbol.asyncDispose]() {
      holder.kill()
      await holder.exited
    },
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(BLOCK_BYTES))
  } catch (error) {
    if (!String(error).includes('ENOSPC')) throw error
  } finally {
    closeSync(file)
  }
}

async function waitForRefusals({ life }: World): Promise<void> {
  const target = life.refusals() + REFUSALS
  while (life.refusals() < target) await Bun.sleep(POLL_MS)
}

async function startOnFullDisk(soak: Soak, world: World): Promise<void> {
  soak.outcome.recoveredMs.push(await world.life.start())
  const { life, licenses, find } = world
  const known = [...licenses.values()].filter(({ isPending }) => !isPending)
  await forEach(known, (license) => checkLicense(life.server(), license, 'state', find))
  life.open()
  await waitForRefusals(world)
}

/** A server that cannot write its directory does not start, and changes nothing. */
const readOnly: Fault = {
  name: 'read-only data directory',
  share: 4,
  engines,
  isApart: true,
  isPossible: canMount,
  async run(soak) {
    await using side = await openSideWorld(soak)
    const { world } = side
    await waitForChanges(world, CHANGES)
    await killServer(soak, world)
    const { directory } = world
    const shell = `mount --bind ${directory} ${directory}; mount -o remount,ro,bind ${directory};`
    try {
      await world.life.start({ namespace: true, shell })
      await killServer(soak, world)
    } catch (error) {
      soak.outcome.refused += 1
      if (!/read-only|readonly|cannot be|EROFS/i.test(String(error))) {
        world.find('wrong', `the refusal says nothing about the directory: ${error}`)
      }
    }
    await restart(soak, world)
    await side.endLoad()
    await checkEverything(world)
  },
}

/** A damaged page is reported, or nothing needs it. No license gets another state because of it. */
const damagedPage: Fault = {
  name: 'damaged page of the database',
  share: 8,
  engines,
  isApart: true,
  async run(soak) {
    await using side = await openSideWorld(soak)
    const { world } = side
    await waitForChanges(world, CHANGES)
    await side.endLoad()
    await world.life.stop()
    const before = await runCommand(soak, ['check'], environmentOf(world.directory))
    if (before.code !== 0) world.find('wrong', `before any damage: ${before.stdout}`)
    damage(soak, join(world.directory, 'licet.sqlite'))
    const { code } = await runCommand(soak, ['check'], environmentOf(world.directory))
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

export const storageFaults = [fullDisk, readOnly, damagedPage]
