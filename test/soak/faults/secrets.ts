import { checkEverything } from '../check.ts'
import {
  type Fault,
  killCommand,
  killServer,
  openSideWorld,
  restart,
  runCommand,
  waitForChanges,
} from '../fault.ts'
import { environmentOf } from '../world.ts'

const CHANGES = 1000
const ROTATION_MS = 600
const KILLS = 3

/** A rotation that is killed, with the server that serves meanwhile, continues, and loses no key. */
const duringRotation: Fault = {
  name: 'kill -9 of `licet secret rotate`, and of the server meanwhile',
  share: 4,
  engines: ['sqlite'],
  isApart: true,
  async run(soak) {
    await using side = await openSideWorld(soak)
    const { world } = side
    const env = environmentOf(world.directory)
    await waitForChanges(world, CHANGES)
    for (let count = 0; count < KILLS; count += 1) {
      await killCommand(soak, ['secret', 'rotate'], env, ROTATION_MS)
      await killServer(soak, world)
      await restart(soak, world)
    }
    const { code, stderr } = await runCommand(soak, ['secret', 'rotate'], env)
    if (code !== 0) world.find('wrong', `a rotation after a kill: ${stderr}`)
    await side.endLoad()
    await checkEverything(world)
    await world.life.stop()
    const checked = await runCommand(soak, ['check'], env)
    if (checked.code !== 0) world.find('wrong', `after a rotation: ${checked.stdout}`)
  },
}

export const secretFaults = [duringRotation]
