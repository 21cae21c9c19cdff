import { createRandom, type Random } from '../support/random.ts'
import { type Finished, runLicet, spawn } from '../support/server.ts'
import { checkTouched } from './check.ts'
import { runClient } from './operations.ts'
import { keepCounts, openWorld, type World, type WorldOptions } from './world.ts'

/** A load that makes no progress for this long is at fault. */
const PROGRESS_TIMEOUT_MS = 60_000
const POLL_MS = 1
const SIDE_CLIENTS = 4

/** The result of a fault, over all its times. */
export interface Outcome {
  times: number
  kills: number
  /** How often the server refused to start, and said why. */
  refused: number
  lost: number
  wrong: number
  /** From the start of the server until it listened again. */
  readonly recoveredMs: number[]
}

/** The run as each fault sees it. */
export interface Soak {
  /** The world that lives through all faults, under load. */
  readonly world: World
  readonly root: string
  readonly random: Random
  readonly outcome: Outcome
  /** Returns a name that no world has yet. */
  nextName(): string
}

export interface Fault {
  readonly name: string
  /** How often it comes, in relation to others. */
  readonly share: number
  readonly engines: readonly ('sqlite' | 'postgres')[]
  /** Whether it has a world of its own, so that the load of the other one pauses. */
  readonly isApart?: boolean
  /** Whether the machine allows it. */
  readonly isPossible?: () => boolean
  run(soak: Soak): Promise<void>
}

/** Kills the server, and counts it. */
export async function killServer({ outcome }: Soak, world: World): Promise<void> {
  outcome.kills += 1
  await world.life.kill()
  keepCounts(world)
}

/** Starts the server, runs what comes first, checks what changed, and lets clients go on. */
export async function restart(
  { outcome }: Soak,
  world: World,
  first: () => Promise<void> = async () => undefined,
): Promise<void> {
  outcome.recoveredMs.push(await world.life.start())
  await first()
  await checkTouched(world)
  world.life.open()
}

/** Resolves once this many more changes were acknowledged. */
export async function waitForChanges({ ledger }: World, changes: number): Promise<void> {
  const target = ledger.count() + changes
  let [last, lastAtMs] = [ledger.count(), performance.now()]
  while (ledger.count() < target) {
    await Bun.sleep(POLL_MS)
    const nowMs = performance.now()
    if (ledger.count() !== last) [last, lastAtMs] = [ledger.count(), nowMs]
    else if (nowMs - lastAtMs > PROGRESS_TIMEOUT_MS) throw new Error('The load makes no progress.')
  }
}

/** Starts a command, and kills it at a random moment, if it is still running. */
export async function killCommand(
  { outcome, root, random }: Pick<Soak, 'outcome' | 'root' | 'random'>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  withinMs: number,
): Promise<void> {
  const child = spawn({ cwd: root }, args, { LICET_PORT: '0', ...env })
  await Promise.race([child.exited, Bun.sleep(random.below(withinMs))])
  if (child.exitCode === null) outcome.kills += 1
  child.kill('SIGKILL')
  await child.exited
}

/** Runs a command to its end. */
export function runCommand(
  { root }: Pick<Soak, 'root'>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  return runLicet({ cwd: root }, args, env)
}

/** Runs a command on the data of a world to its end. A failure is a finding. */
export async function requireSuccess(
  soak: Pick<Soak, 'root'>,
  { environment, find }: Pick<World, 'environment' | 'find'>,
  when: string,
  args: readonly string[],
): Promise<void> {
  const { code, stdout, stderr } = await runCommand(soak, args, environment)
  if (code !== 0) find('wrong', `licet ${args.join(' ')} ${when}: ${stderr}${stdout}`)
}

/** A world for one fault, with a load of its own. */
export interface SideWorld extends AsyncDisposable {
  readonly world: World
  /** Ends the load. The server must be able to respond. */
  endLoad(): Promise<void>
}

/** Opens a world for one fault, whose load has made so many changes. What is found in it counts in the end. */
export async function openSideWorld(
  soak: Soak,
  changes: number,
  options: Partial<WorldOptions> = {},
): Promise<SideWorld> {
  const name = soak.nextName()
  const random = createRandom(soak.random.below(2 ** 31))
  const world = await openWorld({ name, root: soak.root, random, ...options })
  world.life.open()
  let isOver = false
  const clients = Array.from({ length: SIDE_CLIENTS }, (_, index) =>
    runClient(world, `${name}-${index}`, 'faults', () => isOver),
  )
  const running = Promise.all(clients)
  running.catch(() => undefined)
  async function endLoad(): Promise<void> {
    isOver = true
    await running
  }
  await using opening = new AsyncDisposableStack()
  const side = opening.use({
    world,
    endLoad,
    async [Symbol.asyncDispose]() {
      isOver = true
      soak.world.findings.push(...world.findings)
      await world[Symbol.asyncDispose]()
    },
  })
  await waitForChanges(world, changes)
  opening.move()
  return side
}
