import { Database } from 'bun:sqlite'
import { assert } from '~/assert.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import type { TestResponse } from '../../../support/app.ts'
import { type Network, openNetwork } from '../../../support/network.ts'
import {
  type ListeningProcess,
  runLicet,
  Sandbox,
  type ServerProcess,
  startEdge,
  startServer,
} from '../../../support/server.ts'

/** How each edge is started: for how long it uses what it knows after its lease has ended. */
export interface EdgePlan {
  readonly name: string
  readonly staleSeconds: number
}

/** An edge, and the network between it and the primary. */
export interface ClusterEdge extends EdgePlan {
  readonly network: Network
  /** The address that clients use; null while the edge is down. */
  readonly url: () => string | null
  start(): Promise<void>
  /** Sends SIGKILL. */
  kill(): Promise<void>
  /** Sends SIGSTOP or SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Returns the number of validations that are not delivered yet; null while it is not connected. */
  countWaiting(): Promise<number | null>
  /** Returns the number of validations that were answered from memory. */
  countConfirmed(): Promise<number>
  /** Starts another process with the same token, behind a network of its own. */
  startTwin(): Promise<ClusterEdge & AsyncDisposable>
}

/** A primary and its edges as processes, each edge behind a network of its own. */
export interface Cluster extends AsyncDisposable {
  readonly edges: readonly ClusterEdge[]
  /** Sends a request to the primary, with the admin token. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<TestResponse>
  signalPrimary(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Sends SIGKILL. */
  killPrimary(): Promise<void>
  startPrimary(): Promise<void>
  /** Backs up the running primary to a file of this name. */
  backUp(name: string): Promise<void>
  /** Replaces the database of a primary that is down. */
  restore(name: string): Promise<void>
  /** Changes the database of a primary that is down. */
  editDatabase(edit: (db: Database) => void): void
}

/** Starts an edge, or a substitute for it, behind a network. */
export type OpenEdge = (
  plan: EdgePlan,
  network: Network,
  primary: ServerProcess,
  sandbox: Sandbox,
) => Promise<ClusterEdge & AsyncDisposable>

/** Starts a primary with these edges. */
export async function startCluster(
  plans: readonly EdgePlan[],
  open: OpenEdge = openEdge,
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(new Sandbox())
  const env = { LICET_DATA_DIR: sandbox.at('primary'), LICET_TRUSTED_PROXIES: '127.0.0.1' }
  const launch = { cwd: sandbox.path, env }
  let primary = await startServer(launch)
  stack.defer(() => primary.kill())
  const edges: ClusterEdge[] = []
  for (const plan of plans) {
    const network = stack.use(await openNetwork(primary.port))
    edges.push(stack.use(await open(plan, network, primary, sandbox)))
  }
  const owned = stack.move()

  const run = async (command: string, name: string) => {
    const { code, stderr } = await runLicet(launch, [command, sandbox.at(name)])
    assert(code === 0, `licet ${command} ends with ${code}: ${stderr}`)
  }
  return {
    edges,
    send: (...request) => primary.send(...request),
    signalPrimary: (name) => primary.process.kill(name),
    killPrimary: () => primary.kill(),
    async startPrimary() {
      primary = await startServer(launch)
      for (const { network } of edges) {
        network.redirect(primary.port)
        network.cut()
      }
    },
    backUp: (name) => run('backup', name),
    restore: (name) => run('restore', name),
    editDatabase(edit) {
      using db = new Database(databasePath(env.LICET_DATA_DIR))
      edit(db)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function openEdge(
  plan: EdgePlan,
  network: Network,
  primary: ServerProcess,
  sandbox: Sandbox,
): Promise<ClusterEdge & AsyncDisposable> {
  const { status, body } = await primary.send('POST', '/api/v1/edges', { name: plan.name })
  assert(status === 201, `the edge is created, not ${status}`)
  return runEdge(plan, network, sandbox, body.token)
}

async function runEdge(
  plan: EdgePlan,
  network: Network,
  sandbox: Sandbox,
  token: string,
): Promise<ClusterEdge & AsyncDisposable> {
  const { name, staleSeconds } = plan
  const env = {
    LICET_EDGE_TOKEN: token,
    LICET_DATA_DIR: sandbox.at(name),
    LICET_TRUSTED_PROXIES: '127.0.0.1',
  }
  const mode = staleSeconds === 0 ? 'forward' : `stale=${staleSeconds}s`
  const start = () => startEdge({ cwd: sandbox.path, env }, network.url, ['--on-partition', mode])
  let edge: ListeningProcess | null = await start()
  const kill = async () => {
    const killed = edge
    edge = null
    await killed?.kill()
  }
  return {
    ...plan,
    network,
    url: () => edge?.url ?? null,
    start: async () => {
      edge = await start()
    },
    kill,
    signal: (signal) => edge?.process.kill(signal),
    countWaiting: () => readWaiting(edge?.url ?? '', token),
    countConfirmed: () => readConfirmed(edge?.url ?? '', token),
    startTwin: async () => {
      const own = await openNetwork(network.port)
      return runEdge({ ...plan, name: `${name}-twin` }, own, sandbox, token)
    },
    [Symbol.asyncDispose]: kill,
  }
}

async function readWaiting(url: string, token: string): Promise<number | null> {
  const isConnected = (await readText(url, '/readyz', token)).includes('"ok"')
  const [waiting] = await readMetrics(url, token, /^licet_edge_usage_waiting (\d+)/gm)
  return isConnected ? (waiting ?? null) : null
}

async function readConfirmed(url: string, token: string): Promise<number> {
  const pattern = /^licet_edge_requests_total\{from="(?:memory|stale)"\} (\d+)/gm
  const counts = await readMetrics(url, token, pattern)
  return counts.reduce((sum, each) => sum + each, 0)
}

async function readMetrics(url: string, token: string, pattern: RegExp): Promise<number[]> {
  const text = await readText(url, '/metrics', token)
  return [...text.matchAll(pattern)].map(([, value]) => Number(value))
}

async function readText(url: string, path: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(url + path, { headers })).text()
}
