import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from 'bun'
import { assert } from '~/assert.ts'
import { Fault } from '~/domain/faults.ts'
import type { Connections } from '~/http/plugins/requests.ts'
import type { Config } from '~/platform/config.ts'
import type { CertificatePair } from './certificates.ts'

const IDLE_TIMEOUT_SECONDS = 60
/** Clients in the middle of a request learn from its response that the connection closes. */
const ANNOUNCEMENT_MS = 500

/** The part of an application that listening needs. */
interface App {
  readonly server: Server<unknown> | null
  listen(options: object): unknown
}

export type Listener = ReturnType<typeof openListener>

/** Starts listening. The system chooses the port if LICET_PORT is 0. Throws a Fault if it cannot. */
export function openListener(
  app: App,
  { host, port: wantedPort }: Pick<Config, 'host' | 'port'>,
  connections: Connections,
  pair: CertificatePair | null,
) {
  if (pair !== null) checkPort(host, wantedPort)
  let current = listen(app, host, wantedPort, pair)
  const port = current.port ?? wantedPort
  /** Servers that have been replaced, until their last request has finished. */
  const former = new Map<Server<unknown>, Promise<void>>()

  return {
    port,
    /**
     * Makes new connections use this pair. As Bun cannot replace the certificate of a server, a new
     * one takes over: idle connections are closed, and requests in progress finish on the old one.
     */
    async replaceCertificate(pair: CertificatePair): Promise<void> {
      connections.areClosing = true
      await sleep(ANNOUNCEMENT_MS)
      connections.areClosing = false
      const replaced = current
      current = listen(app, host, port, pair)
      former.set(
        replaced,
        replaced.stop().finally(() => former.delete(replaced)),
      )
    },
    /** Refuses new connections, and resolves when the requests in progress have finished. */
    async close(): Promise<void> {
      connections.areClosing = true
      await Promise.all([current.stop(), ...former.values()])
    },
    /** Closes the connections that are left. */
    async abort(): Promise<void> {
      await Promise.all([current, ...former.keys()].map((server) => server.stop(true)))
    },
  }
}

function listen(app: App, hostname: string, port: number, tls: CertificatePair | null) {
  return claimPort(hostname, port, () => {
    const handlers = process.listeners('beforeExit')
    app.listen({
      hostname,
      port,
      // Otherwise a second process could silently share the port. With TLS, see `checkPort`.
      reusePort: tls !== null,
      // The app limits bodies itself; Bun would send a 413 without a body, even before the 401.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      ...(tls === null ? {} : { tls }),
    })
    // Elysia adds one each time, to close the server a second time.
    for (const handler of process.listeners('beforeExit')) {
      if (!handlers.includes(handler)) process.off('beforeExit', handler)
    }
    assert(app.server !== null, 'an application that listens has a server')
    return app.server
  })
}

/** Throws a Fault if another process has the port, which two servers of ours have to share later. */
function checkPort(hostname: string, port: number): void {
  const fetch = () => new Response()
  claimPort(hostname, port, () => Bun.serve({ hostname, port, reusePort: false, fetch })).stop(true)
}

function claimPort(hostname: string, port: number, serve: () => Server<unknown>): Server<unknown> {
  try {
    return serve()
  } catch (cause) {
    const detail = `Cannot listen on ${hostname}:${port}: ${listenAdvice(cause)}`
    throw new Fault('unavailable', detail, { cause })
  }
}

const unknownAddress = 'this machine does not have that address. Choose another LICET_HOST.'

const listenAdvices: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use. Stop the other process, or choose another LICET_PORT.',
  EADDRNOTAVAIL: unknownAddress,
  EINVAL: unknownAddress,
  EACCES: 'permission denied. Choose a LICET_PORT of 1024 or more.',
}

function listenAdvice(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code.startsWith('ERR_OSSL')) {
    return 'LICET_TLS_CERT and LICET_TLS_KEY are not a PEM certificate and its private key.'
  }
  return listenAdvices[code] ?? `${cause}. Choose another LICET_HOST or LICET_PORT.`
}
