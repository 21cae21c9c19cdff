import { SQL } from 'bun'
import {
  type Fault,
  killCommand,
  killServer,
  restart,
  type Soak,
  waitForChanges,
} from '../fault.ts'

const START_MS = 400
const STOP_MS = 30
const engines = ['sqlite', 'postgres'] as const

/** The moment within a transaction differs each time. */
const aMoment = ({ random }: Soak) => Bun.sleep(random.below(8))

const duringLoad: Fault = {
  name: 'kill -9 of the server under load',
  share: 100,
  engines,
  async run(soak) {
    await aMoment(soak)
    await killServer(soak, soak.world)
    await restart(soak, soak.world)
  },
}

const duringStart: Fault = {
  name: 'kill -9 of the server while it starts after a kill',
  share: 10,
  engines,
  async run(soak) {
    await killServer(soak, soak.world)
    for (let count = 1 + soak.random.below(3); count > 0; count -= 1) {
      await killCommand(soak, ['serve'], soak.world.environment, START_MS)
    }
    await restart(soak, soak.world)
  },
}

const duringStop: Fault = {
  name: 'kill -9 of the server while it stops',
  share: 10,
  engines,
  async run(soak) {
    const { life } = soak.world
    const stopped = life.server().stop()
    await Promise.race([stopped, Bun.sleep(soak.random.below(STOP_MS))])
    await killServer(soak, soak.world)
    await restart(soak, soak.world)
  },
}

/** Terminates all connections of a server to its database. */
const backends: Fault = {
  name: 'all connections to the database are terminated',
  share: 20,
  engines: ['postgres'],
  async run({ world, outcome }) {
    const url = world.environment.LICET_DATABASE_URL ?? ''
    const admin = new SQL({ url: url.replace(/\?.*/, ''), max: 1 })
    const startedAtMs = performance.now()
    await admin.unsafe(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    )
    await admin.close()
    await waitForChanges(world, 1)
    outcome.recoveredMs.push(performance.now() - startedAtMs)
  },
}

export const killFaults = [duringLoad, duringStart, duringStop, backends]
