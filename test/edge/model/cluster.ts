import { assert } from '~/assert.ts'
import type { TestResponse } from '../../support/app.ts'
import { type Network, openNetwork } from '../../support/network.ts'
import {
  type ListeningProcess,
  runLicet,
  Sandbox,
  type ServerProcess,
  startEdge,
  startServer,
} from '../../support/server.ts'

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
}

/** Starts an edge, or what stands in for it, behind a network. */
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
  const { name, staleSeconds } = plan
  const start = () =>
    startEdge(
      {
        cwd: sandbox.path,
        env: {
          LICET_EDGE_TOKEN: body.token,
          LICET_DATA_DIR: sandbox.at(name),
          LICET_TRUSTED_PROXIES: '127.0.0.1',
        },
      },
      network.url,
      ['--on-partition', staleSeconds === 0 ? 'forward' : `stale=${staleSeconds}s`],
    )
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
    countWaiting: () => readWaiting(edge?.url ?? '', body.token),
    [Symbol.asyncDispose]: kill,
  }
}

async function readWaiting(url: string, token: string): Promise<number | null> {
  const headers = { authorization: `Bearer ${token}` }
  const read = async (path: string) => (await fetch(url + path, { headers })).text()
  if (!(await read('/readyz')).includes('"ok"')) return null
  return Number(/^licet_edge_usage_waiting (\d+)/m.exec(await read('/metrics'))?.[1])
}
