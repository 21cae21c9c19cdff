import { pino } from 'pino'
import { assert } from '~/assert.ts'
import { buildEdgeApp } from '~/edge/app.ts'
import { createEdge, type Edge } from '~/edge/edge.ts'
import type { EdgeUsage } from '~/edge/usage-port.ts'
import type { Config } from '~/platform/config.ts'
import { readEdgeConfig } from '~/platform/config-edge.ts'
import { createEdgeMetrics } from '~/platform/edge-metrics.ts'
import { openListener } from '~/server/listener.ts'
import { openTestApp, readResponse, type TestApp, type TestResponse } from '../support/app.ts'
import { createTestEdge } from '../support/edges.ts'
import { type Network, openNetwork } from '../support/network.ts'

/** Far more than an edge needs to learn about a license, even on a machine that is busy. */
const WARM_MS_MAX = 45_000

/** A primary, a network, and an edge behind it, all in this process and with real sockets. */
export interface EdgeSystem extends AsyncDisposable {
  readonly primary: TestApp
  readonly network: Network
  readonly edge: Edge
  readonly edgeId: string
  readonly token: string
  readonly url: string
  /** The validations that the edge has recorded. */
  readonly recorded: Parameters<EdgeUsage['record']>[0][]
  readonly seen: string[]
  readonly logLines: string[]
  /** Sends a request to the edge. */
  send(method: string, path: string, body?: unknown, headers?: object): Promise<TestResponse>
  validate(body: object, headers?: object): Promise<TestResponse>
  /** Changes something on the primary, and waits until the edge knows. */
  change(method: string, path: string, body?: unknown): Promise<TestResponse>
  /** Validates until the edge answers itself. */
  warm(body: object): Promise<void>
}

interface Options {
  readonly onPartition?: string
  readonly env?: Readonly<Record<string, string>>
  /** The configuration of the primary. */
  readonly config?: Partial<Config>
}

export async function openEdgeSystem({
  onPartition = 'stale=1h',
  env = {},
  config: primaryConfig = {},
}: Options = {}): Promise<EdgeSystem> {
  const stack = new AsyncDisposableStack()
  const primary = stack.use(await openTestApp(primaryConfig))
  const open = { host: '127.0.0.1', port: 0 }
  const listener = openListener(primary.app, open, { areClosing: false }, null)
  stack.defer(listener.abort)
  const network = stack.use(await openNetwork(listener.port))
  const { token, id: edgeId } = await createTestEdge(primary)
  const recorded: EdgeSystem['recorded'] = []
  const seen: string[] = []
  const logLines: string[] = []
  const { config } = readEdgeConfig({ LICET_EDGE_TOKEN: token, ...env }, false, {
    primary: network.url,
    onPartition,
  })
  const edge = createEdge({
    processName: 'test.1',
    config,
    log: pino({ level: 'debug' }, { write: (line) => void logLines.push(line) }),
    logRequest: () => undefined,
    metrics: createEdgeMetrics(),
    findCountry: () => null,
    openUsage: ({ nowMs }) => ({
      record: (validation) => void recorded.push(validation),
      recordSeen: ({ id }) => void seen.push(id),
      getDeliveredUntilMs: nowMs,
      countWaiting: () => recorded.length,
      start: () => undefined,
      close: async () => undefined,
    }),
  })
  await edge.feed.start()
  stack.defer(edge.feed.stop)
  const edgeListener = openListener(buildEdgeApp(edge), open, { areClosing: false }, null)
  stack.defer(edgeListener.abort)
  const url = `http://127.0.0.1:${edgeListener.port}`

  const send: EdgeSystem['send'] = async (method, path, body, headers = {}) => {
    const init: RequestInit = {
      method,
      headers: { 'content-type': 'application/json', ...headers },
    }
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    return readResponse(await fetch(url + path, init))
  }
  const validate: EdgeSystem['validate'] = (body, headers) =>
    send('POST', '/api/v1/validate', body, headers)

  async function confirmOnce(body: object): Promise<void> {
    const before = edge.figures.confirmed
    const deadlineMs = performance.now() + WARM_MS_MAX
    while (edge.figures.confirmed === before) {
      assert(performance.now() < deadlineMs, 'the edge learns about a valid license')
      await validate(body)
    }
  }

  /** Resolves once the edge has confirmed all changes. */
  async function settle(): Promise<void> {
    for (;;) {
      const { body } = await primary.send('GET', `/api/v1/edges/${edgeId}`)
      if (body.lag_changes === 0) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  return {
    primary,
    network,
    edge,
    edgeId,
    token,
    url,
    recorded,
    seen,
    logLines,
    send,
    validate,
    async change(method, path, body) {
      const changed = await primary.send(method, path, body, { prefer: 'wait=30' })
      assert(changed.headers.get('licet-edges') === '1/1', 'the edge knows of the change')
      return changed
    },
    async warm(body) {
      await confirmOnce(body)
      // A change from before may still be on its way, and make the edge forget.
      await settle()
      await confirmOnce(body)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Resolves once a condition holds, which it does within seconds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
