import type { TestResponse } from '../support/app.ts'
import { type Launch, type ServerProcess, startServer } from '../support/server.ts'

/** A server that does not respond within this time is at fault. */
const RESPONSE_TIMEOUT_MS = 60_000
/** The wait before a request is repeated that the server could not handle. */
const RETRY_MS = 20
const POLL_MS = 1

export interface Answer {
  readonly response: TestResponse
  /** If there were several, an earlier one may have had its effect already. */
  readonly attempts: number
}

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Below /api/v1/. */
  readonly path: string
  readonly body?: unknown
  readonly idempotencyKey?: string
}

/** A server that is killed and started again, and clients that wait for it meanwhile. */
export interface ServerLife extends AsyncDisposable {
  readonly server: () => ServerProcess
  /** Starts the server. Clients still wait. Returns the ms until it listened. */
  start(launch?: Partial<Launch>): Promise<number>
  /** Lets the requests of clients through. */
  open(): void
  /** Holds back the requests of clients that are not under way yet. */
  close(): void
  /** Holds them back, and resolves once none is under way. */
  pause(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<number>
  /** Sends a request over and over until the server has handled it. */
  request(outgoing: Outgoing): Promise<Answer>
  /** The refusals with 503, after which clients tried again. */
  readonly refusals: () => number
}

/** Hooks for a load at a steady rate. */
export interface Pace {
  beforeRequest(): Promise<void>
  afterRequest(durationMs: number): void
}

export function createServerLife(
  launch: Launch,
  env: Readonly<Record<string, string>>,
  pace: Pace | null = null,
): ServerLife {
  let current: ServerProcess | null = null
  let gate = Promise.withResolvers<void>()
  let isOpen = false
  let refusals = 0
  let underWay = 0

  function server(): ServerProcess {
    if (current === null) throw new Error('The server is not running.')
    return current
  }

  function close(): void {
    if (isOpen) gate = Promise.withResolvers()
    isOpen = false
  }

  async function pause(): Promise<void> {
    close()
    while (underWay > 0) await Bun.sleep(POLL_MS)
  }

  async function attempt({ method, path, body, idempotencyKey }: Outgoing) {
    await gate.promise
    await pace?.beforeRequest()
    const headers: Record<string, string> =
      idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    const startedAtMs = performance.now()
    underWay += 1
    // The pace may have let a kill through.
    const response = await current
      ?.send(method, `/api/v1/${path}`, body, headers, RESPONSE_TIMEOUT_MS)
      .catch(requireLostConnection)
      .finally(() => {
        underWay -= 1
      })
    pace?.afterRequest(performance.now() - startedAtMs)
    return response ?? null
  }

  async function request(outgoing: Outgoing): Promise<Answer> {
    for (let attempts = 1; ; attempts += 1) {
      const response = await attempt(outgoing)
      if (response !== null && response.status !== 503) return { response, attempts }
      if (response !== null) refusals += 1
      await Bun.sleep(RETRY_MS)
    }
  }

  async function end(how: (server: ServerProcess) => Promise<number>): Promise<number> {
    const ended = server()
    close()
    const code = await how(ended)
    current = null
    return code
  }

  return {
    server,
    async start(more = {}) {
      const startedAtMs = performance.now()
      current = await startServer({ ...launch, ...more }, env)
      return performance.now() - startedAtMs
    },
    open() {
      isOpen = true
      gate.resolve()
    },
    close,
    pause,
    kill: async () => void (await end((ended) => ended.kill().then(() => 0))),
    stop: () => end((ended) => ended.stop()),
    request,
    refusals: () => refusals,
    [Symbol.asyncDispose]: async () => await current?.kill(),
  }
}

function requireLostConnection(error: unknown): null {
  if (error instanceof Error && error.name === 'TimeoutError') {
    throw new Error(`The server did not respond within ${RESPONSE_TIMEOUT_MS / 1000} s.`)
  }
  return null
}
