import { readFileSync } from 'node:fs'
import { buildApp } from './app.ts'
import type { Config, readConfig } from './config.ts'
import { createDataDirectory } from './data-directory.ts'
import { createFirstApiKey, createFirstCatalog, greeting } from './first-start.ts'
import { BULK_BODY_BYTES_MAX } from './http/plugins/bodies.ts'
import { openRuntime } from './runtime.ts'
import { lockDirectory } from './store/sqlite/lock.ts'

const SHUTDOWN_DEADLINE_MS = 10_000
const IDLE_TIMEOUT_SECONDS = 60
/** Above the largest body by a little, so that we and not Bun say that it is too large. */
const REQUEST_BYTES_MAX = BULK_BODY_BYTES_MAX + 65_536

/** A start that cannot be: the message tells the operator what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Serves until SIGTERM or SIGINT. Throws StartError and what `openRuntime` throws. */
export async function serve(settings: ReturnType<typeof readConfig>): Promise<void> {
  const { config } = settings
  createDataDirectory(config.dataDir)
  const unlock = lockDirectory(config.dataDir)
  if (unlock === null) {
    throw new StartError(
      `Another Licet serves from ${config.dataDir}. Stop it, or choose another LICET_DATA_DIR.`,
    )
  }
  const runtime = openRuntime(settings)
  const { deps } = runtime
  await createFirstCatalog(deps)
  const isTerminal = process.stdout.isTTY === true
  const adminKey = await createFirstApiKey(deps, runtime.adminToken, isTerminal)
  const app = buildApp(deps)
  listen(app, config)

  process.stderr.write(`${greeting(urlOf(config, app.server?.port), adminKey)}\n`)
  deps.log.info({ version: deps.version, url: urlOf(config, app.server?.port) }, 'listening')

  await untilStopped()
  deps.log.info('stopping')
  await app.server?.stop()
  await runtime.close()
  unlock()
}

function listen(app: ReturnType<typeof buildApp>, config: Config): void {
  const { host: hostname, port, tls } = config
  try {
    app.listen({
      hostname,
      port,
      // Otherwise a second process would share the port without a word.
      reusePort: false,
      maxRequestBodySize: REQUEST_BYTES_MAX,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      ...(tls === null
        ? {}
        : { tls: { cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) } }),
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(
      `Cannot listen on ${hostname}:${port} (${reason}). Choose another LICET_HOST or LICET_PORT.`,
      { cause },
    )
  }
}

function urlOf({ host, tls }: Config, port: number | undefined): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const shown = name.includes(':') ? `[${name}]` : name
  return `${tls === null ? 'http' : 'https'}://${shown}:${port}`
}

/** Resolves at the first SIGTERM or SIGINT; a second one, or the deadline, ends the process. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false
    const stop = () => {
      if (isStopping) process.exit(1)
      isStopping = true
      setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref()
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
