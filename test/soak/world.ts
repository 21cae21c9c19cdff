import { join } from 'node:path'
import type { TestResponse } from '../support/app.ts'
import type { Random } from '../support/random.ts'
import { ADMIN_TOKEN, type Launch } from '../support/server.ts'
import { briefPlan, describeExpected, type Expected, soakPlan } from './expected.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { createServerLife, type Outgoing, type Pace, type ServerLife } from './server-life.ts'

/** The promise is that a kill loses the counts of the last second. The rest is for a busy machine. */
const COUNTS_LOST_MS = 3000
/** Every so many stored responses are asked for again. */
const REPLAYED_OF = 5

/** A failure to keep a promise. */
export interface Finding {
  readonly kind: 'lost' | 'wrong'
  readonly text: string
}

/** A request with the response that was stored for it. */
export interface Stored extends Outgoing {
  readonly text: string
  readonly atMs: number
}

/** A data directory or database, its server, and what was acknowledged about it. */
export interface World extends AsyncDisposable {
  readonly directory: string
  /** The variables of its server and its commands. */
  readonly environment: Readonly<Record<string, string>>
  readonly life: ServerLife
  readonly ledger: Ledger
  readonly random: Random
  readonly licenses: Map<string, Expected>
  /** Those with a change since they were last checked. */
  readonly touched: Set<Expected>
  readonly stored: Stored[]
  readonly findings: Finding[]
  readonly usage: UsageBounds
  find(kind: Finding['kind'], text: string): void
  /** Makes one change of licenses, and resolves once it is in the ledger. */
  change(name: string, licenses: readonly Expected[], change: Change): Promise<void>
}

export interface Change extends Outgoing {
  /** Statuses of success. A repeated request may also get one of `repeated`, because it was done before. */
  readonly done?: readonly number[]
  readonly repeated?: readonly number[]
  /** Applies what was acknowledged. Returns the licenses that it created, if any. */
  readonly apply: (response: TestResponse) => readonly Expected[] | undefined
}

/** The number of valid validations that a server must have counted, and may have counted. */
export interface UsageBounds {
  sent: number
  kept: number
  /** The times of those that a kill may lose. */
  recentMs: number[]
}

export interface WorldOptions {
  readonly name: string
  /** The directory that all worlds share. */
  readonly root: string
  readonly random: Random
  /** By default one below `root`. */
  readonly directory?: string
  readonly launch?: Partial<Launch>
  readonly env?: Readonly<Record<string, string>>
  readonly pace?: Pace | null
}

export const environmentOf = (directory: string) => ({
  LICET_DATA_DIR: directory,
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  LICET_LOG_LEVEL: 'error',
})

/** Starts a server in a new data directory. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { name, root, random, launch = {}, env = {}, pace = null } = options
  const directory = options.directory ?? join(root, name)
  const ledger = openLedger(join(root, `${name}.ledger`))
  const environment = { ...environmentOf(directory), ...env }
  const life = createServerLife({ cwd: root, ...launch }, environment, pace)
  const findings: Finding[] = []
  const facts = {
    directory,
    environment,
    life,
    ledger,
    random,
    licenses: new Map<string, Expected>(),
    touched: new Set<Expected>(),
    stored: [],
    findings,
    usage: { sent: 0, kept: 0, recentMs: [] },
    find: (kind: Finding['kind'], text: string) => void findings.push({ kind, text }),
  }
  const world: World = {
    ...facts,
    change: (name, licenses, change) => makeChange(world, name, licenses, change),
    async [Symbol.asyncDispose]() {
      await life[Symbol.asyncDispose]()
      ledger[Symbol.dispose]()
    },
  }
  await life.start()
  for (const plan of [soakPlan, briefPlan]) await life.server().send('POST', '/api/v1/plans', plan)
  return world
}

async function makeChange(
  world: World,
  name: string,
  licenses: readonly Expected[],
  { apply, done = [200], repeated = [], ...outgoing }: Change,
): Promise<void> {
  for (const license of licenses) license.isPending = true
  const { response, attempts } = await world.life.request(outgoing)
  const { status, text } = response
  if (!done.includes(status) && !(attempts > 1 && repeated.includes(status))) {
    // Two states would be right from now on, so nothing more is expected of these licenses.
    for (const license of licenses) world.licenses.delete(license.id)
    return world.find('wrong', `${outgoing.method} ${outgoing.path}: ${status} ${text}`)
  }
  const changed = apply(response) ?? licenses
  for (const license of changed) {
    world.licenses.set(license.id, license)
    world.touched.add(license)
  }
  if (outgoing.idempotencyKey !== undefined && world.random.below(REPLAYED_OF) === 0) {
    world.stored.push({ ...outgoing, text, atMs: Date.now() })
  }
  await world.ledger.append(changed.map((license) => describeExpected(name, license)))
  for (const license of licenses) license.isPending = false
}

/** Validates a license, and counts it. Returns `valid` or the error. */
export async function validate({ life, usage }: World, body: object): Promise<string> {
  const { response, attempts } = await life.request({ method: 'POST', path: 'validate', body })
  if (response.body?.valid !== true) return String(response.body?.error)
  usage.recentMs.push(performance.now())
  // Each attempt may have been counted.
  usage.sent += attempts
  return 'valid'
}

/** To be called when a server is killed. What is older than a second has been written. */
export function keepCounts({ usage }: World): void {
  const nowMs = performance.now()
  usage.kept += usage.recentMs.filter((atMs) => atMs < nowMs - COUNTS_LOST_MS).length
  usage.recentMs = []
}
