import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkEverything } from '../check.ts'
import {
  type Fault,
  killCommand,
  killServer,
  openSideWorld,
  restart,
  runCommand,
  type Soak,
  waitForChanges,
} from '../fault.ts'
import { environmentOf, type World } from '../world.ts'

const BACKUP_MS = 400
const RESTORE_MS = 250
const RESTORE_KILLS = 4
const CHANGES = 1500

/** A backup that was killed leaves no file under its name, and does not keep the next one from being made. */
const duringBackup: Fault = {
  name: 'kill -9 of `licet backup` under load',
  share: 4,
  engines: ['sqlite'],
  async run(soak) {
    const { world } = soak
    const [first, second] = [nextFile(soak), nextFile(soak)]
    const env = environmentOf(world.directory)
    await killCommand(soak, ['backup', first], env, BACKUP_MS)
    await requireNoneOrWhole(soak, first, world)
    const { code, stderr } = await runCommand(soak, ['backup', second], env)
    if (code !== 0) world.find('wrong', `a backup after a kill: ${stderr}`)
    await requireNoneOrWhole(soak, second, world)
  },
}

const serverDuringBackup: Fault = {
  name: 'kill -9 of the server during `licet backup`',
  share: 4,
  engines: ['sqlite'],
  async run(soak) {
    const { world, random } = soak
    const file = nextFile(soak)
    const backup = runCommand(soak, ['backup', file], environmentOf(world.directory))
    await Bun.sleep(random.below(BACKUP_MS))
    await killServer(soak, world)
    const { code, stderr } = await backup
    if (code !== 0) world.find('wrong', `a backup while the server was killed: ${stderr}`)
    await requireNoneOrWhole(soak, file, world)
    await restart(soak, world)
  },
}

function nextFile(soak: Soak): string {
  return join(soak.root, `${soak.nextName()}.backup`)
}

async function requireNoneOrWhole(soak: Soak, file: string, world: World): Promise<void> {
  if (!existsSync(file)) return
  const env = environmentOf(world.directory)
  const { code, stdout } = await runCommand(soak, ['check', file], env)
  if (code !== 0) world.find('wrong', `a backup is not whole: ${stdout}`)
}

/** A restore that was killed leaves the old database or the new one, and can be repeated. */
const duringRestore: Fault = {
  name: 'kill -9 of `licet restore`',
  share: 4,
  engines: ['sqlite'],
  isApart: true,
  async run(soak) {
    await using side = await openSideWorld(soak)
    const { world } = side
    await waitForChanges(world, CHANGES)
    await side.endLoad()
    const file = nextFile(soak)
    const env = environmentOf(world.directory)
    await runCommand(soak, ['backup', file], env)
    // The directory that is restored has a later state, so that a mixture would be noticed.
    const later = join(soak.root, soak.nextName())
    mkdirSync(later, { mode: 0o700 })
    copyFileSync(join(world.directory, 'master.secret'), join(later, 'master.secret'))
    const laterEnv = environmentOf(later)
    for (let count = 0; count < RESTORE_KILLS; count += 1) {
      await killCommand(soak, ['restore', file], laterEnv, RESTORE_MS)
    }
    const { code, stderr } = await runCommand(soak, ['restore', file], laterEnv)
    if (code !== 0) world.find('wrong', `a restore after a kill: ${stderr}`)
    const checked = await runCommand(soak, ['check'], laterEnv)
    if (checked.code !== 0) world.find('wrong', `a restored directory: ${checked.stdout}`)
    await world.life.stop()
    moveInto(later, world.directory)
    soak.outcome.recoveredMs.push(await world.life.start())
    await checkEverything(world)
  },
}

/** Replaces the data directory of a stopped server. */
function moveInto(from: string, directory: string): void {
  rmSync(directory, { recursive: true })
  renameSync(from, directory)
}

export const copyFaults = [duringBackup, serverDuringBackup, duringRestore]
