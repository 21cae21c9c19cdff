import { checkEverything } from '../check.ts'
import {
  type Fault,
  killCommand,
  killServer,
  openSideWorld,
  requireSuccess,
  restart,
} from '../fault.ts'

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
    await using side = await openSideWorld(soak, CHANGES)
    const { world } = side
    for (let count = 0; count < KILLS; count += 1) {
      await killCommand(soak, ['secret', 'rotate'], world.environment, ROTATION_MS)
      await killServer(soak, world)
      await restart(soak, world)
    }
    await requireSuccess(soak, world, 'after a kill', ['secret', 'rotate'])
    await side.endLoad()
    await checkEverything(world)
    await world.life.stop()
    await requireSuccess(soak, world, 'after a rotation', ['check'])
  },
}

export const secretFaults = [duringRotation]
