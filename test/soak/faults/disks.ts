import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { canMount } from '../../support/mounting.ts'
import type { Launch } from '../../support/server.ts'
import { checkEverything, checkLicense, forEach } from '../check.ts'
import {
  type Fault,
  killServer,
  openSideWorld,
  restart,
  type Soak,
  waitForChanges,
} from '../fault.ts'
import type { World } from '../world.ts'
import { mountDisk, runText } from './mounts.ts'

const CHANGES = 300
const DISK = '24m'
const IMAGE = '128m'
const BLOCK_BYTES = 4096
const REFUSALS = 20
const POLL_MS = 5
const engines = ['sqlite'] as const

/** Changes are refused while the disk is full, and go on once there is room, even if the server is killed meanwhile. */
const fullDisk: Fault = {
  name: 'full disk, with a kill -9 and a start while it is full',
  share: 4,
  engines,
  isApart: true,
  isPossible: () => canMount,
  async run(soak) {
    const directory = join(soak.root, soak.nextName())
    await using disk = await mountDisk(
      directory,
      `mount -t tmpfs -o size=${DISK} none ${directory}`,
      '-rm',
    )
    await using side = await openSideWorld(soak, CHANGES, {
      directory: join(directory, 'data'),
      launch: { shell: disk.enter },
    })
    const { world } = side
    const filler = `${disk.path}/filler`
    fill(filler)
    await waitForRefusals(world)
    await killServer(soak, world)
    soak.outcome.recoveredMs.push(await world.life.start())
    await checkKnown(world)
    world.life.open()
    await waitForRefusals(world)
    rmSync(filler)
    await waitForChanges(world, CHANGES)
    await killServer(soak, world)
    await restart(soak, world)
    await side.endLoad()
    await checkEverything(world)
  },
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

/** Checks all licenses with no change under way, on a server that accepts no changes. */
async function checkKnown({ life, licenses, find }: World): Promise<void> {
  const known = [...licenses.values()].filter(({ isPending }) => !isPending)
  await forEach(known, (license) => checkLicense(life.server(), license, 'state', find))
}

/** Everything that a disk has confirmed survives its error, and the rest may be gone, as after a power cut. */
const failingDisk: Fault = {
  name: 'disk error, after which Linux makes the file system read-only, and its repair',
  share: 3,
  engines,
  isApart: true,
  isPossible: canMountImages,
  async run(soak) {
    const directory = join(soak.root, soak.nextName())
    const image = `${directory}.image`
    runText(['truncate', '--size', IMAGE, image])
    runText(['mkfs.ext4', '-q', image])
    const mount = `mount -o loop,errors=remount-ro ${image} ${directory}`
    await using disk = await mountDisk(directory, mount, '-m')
    await using side = await openSideWorld(soak, CHANGES, {
      directory: join(directory, 'data'),
      launch: { shell: disk.enter },
    })
    const { world } = side
    // A sync that this error cuts off is sometimes confirmed by Linux, also to a program that only writes a file.
    await world.life.pause()
    const device = runText(['losetup', '--noheadings', '--output', 'NAME', '--associated', image])
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1')
    world.life.open()
    await waitForRefusals(world)
    await checkKnown(world)
    await killServer(soak, world)
    await startReadOnly(soak, world)
    // The first bits of the exit code of fsck say that it repaired something.
    disk.run(`umount ${directory}; fsck.ext4 -p ${image}; [ $? -le 1 ] && ${mount}`)
    await restart(soak, world)
    await waitForChanges(world, CHANGES)
    await side.endLoad()
    await checkEverything(world)
    await world.life.stop()
  },
}

/** Whether this is root on a machine with loop devices, which a user's own namespace may not mount. */
function canMountImages(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/dev/loop-control')) return false
  return Bun.which('mkfs.ext4') !== null && Bun.which('losetup') !== null
}

/** A server that cannot write its directory does not start, and changes nothing. */
const readOnly: Fault = {
  name: 'read-only data directory',
  share: 4,
  engines,
  isApart: true,
  isPossible: () => canMount,
  async run(soak) {
    await using side = await openSideWorld(soak, CHANGES)
    const { world } = side
    await killServer(soak, world)
    const { directory } = world
    const shell = `mount --bind ${directory} ${directory}; mount -o remount,ro,bind ${directory};`
    await startReadOnly(soak, world, { namespace: true, shell })
    await restart(soak, world)
    await side.endLoad()
    await checkEverything(world)
  },
}

/** Starts a server that cannot write its directory. It refuses, and says why. */
async function startReadOnly(soak: Soak, world: World, launch?: Partial<Launch>): Promise<void> {
  try {
    await world.life.start(launch)
    await killServer(soak, world)
  } catch (error) {
    soak.outcome.refused += 1
    if (!/read-only|readonly|cannot be|EROFS/i.test(String(error))) {
      world.find('wrong', `the refusal says nothing about the directory: ${error}`)
    }
  }
}

export const diskFaults = [fullDisk, failingDisk, readOnly]
