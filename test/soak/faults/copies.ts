import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkEverything, checkTouched } from '../check.ts'
import { copyExpected, type Expected } from '../expected.ts'
import {
  type Fault,
  killCommand,
  killServer,
  openSideWorld,
  requireSuccess,
  restart,
  type Soak,
} from '../fault.ts'
import { endMany } from '../operations.ts'
import type { World } from '../world.ts'

const BACKUP_MS = 400
const RESTORE_MS = 250
const RESTORE_KILLS = 4
const CHANGES = 1500
const SUSPENDED = 20

/** A backup that was killed leaves no file under its name, and does not keep the next one from being made. */
const duringBackup: Fault = {
  name: 'kill -9 of `licet backup` under load',
  share: 4,
  engines: ['sqlite'],
  async run(soak) {
    const { world } = soak
    const [first, second] = [nextFile(soak), nextFile(soak)]
    await killCommand(soak, ['backup', first], world.environment, BACKUP_MS)
    await requireNoneOrWhole(soak, first, world)
    await requireSuccess(soak, world, 'after a kill', ['backup', second])
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
    const backup = requireSuccess(soak, world, 'beside a kill', ['backup', file])
    await Bun.sleep(random.below(BACKUP_MS))
    await killServer(soak, world)
    await backup
    await requireNoneOrWhole(soak, file, world)
    await restart(soak, world)
  },
}

function nextFile(soak: Soak): string {
  return join(soak.root, `${soak.nextName()}.backup`)
}

async function requireNoneOrWhole(soak: Soak, file: string, world: World): Promise<void> {
  if (existsSync(file)) await requireSuccess(soak, world, 'of a backup', ['check', file])
}

/** A restore that was killed leaves the previous database or the restored one, never a mixture. */
const duringRestore: Fault = {
  name: 'kill -9 of `licet restore` over a later database',
  share: 4,
  engines: ['sqlite'],
  isApart: true,
  async run(soak) {
    await using side = await openSideWorld(soak, CHANGES)
    const { world } = side
    await side.endLoad()
    const file = nextFile(soak)
    await requireSuccess(soak, world, 'after a load', ['backup', file])
    const backup = copyModel(world)
    for (let count = 0; count < RESTORE_KILLS; count += 1) {
      const last = await suspendSome(world, soak.nextName())
      await killServer(soak, world)
      await killCommand(soak, ['restore', file], world.environment, RESTORE_MS)
      await requireSuccess(soak, world, 'after a killed restore', ['check'])
      soak.outcome.recoveredMs.push(await world.life.start())
      const { body } = await world.life.server().send('GET', `/api/v1/licenses/${last.id}`)
      if (body.status !== 'suspended') setModel(world, backup)
      await checkTouched(world)
      world.life.open()
    }
    await world.life.stop()
    await requireSuccess(soak, world, 'after killed ones', ['restore', file])
    setModel(world, backup)
    soak.outcome.recoveredMs.push(await world.life.start())
    await checkEverything(world)
  },
}

interface Model {
  readonly licenses: readonly Expected[]
  readonly storedCount: number
}

/** Copies what is expected of a world, so that later changes leave it alone. */
function copyModel({ licenses, stored }: World): Model {
  return { licenses: [...licenses.values()].map(copyExpected), storedCount: stored.length }
}

/** Makes an earlier state the expected one. */
function setModel(world: World, { licenses, storedCount }: Model): void {
  world.licenses.clear()
  world.touched.clear()
  for (const license of licenses) world.licenses.set(license.id, copyExpected(license))
  for (const license of world.licenses.values()) world.touched.add(license)
  world.stored.length = storedCount
}

/** Makes a change that the backup lacks. Returns one of its licenses. */
async function suspendSome(world: World, idempotencyKey: string): Promise<Expected> {
  const active = [...world.licenses.values()].filter(({ status }) => status === 'active')
  const [first] = active
  if (first === undefined) throw new Error('No license is active.')
  await endMany(world, active.slice(0, SUSPENDED), 'suspend', idempotencyKey)
  return first
}

export const copyFaults = [duringBackup, serverDuringBackup, duringRestore]
