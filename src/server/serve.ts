import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '~/domain/faults.ts'
import { resumeClock } from '~/jobs/clock-watch.ts'
import { startTimers } from '~/jobs/timers.ts'
import type { Config, Settings } from '~/platform/config.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { type App, buildApp } from './app.ts'
import { adminKeyLines, bannerLines } from './banner.ts'
import { createDefaultProduct, prepareAdminKey } from './bootstrap.ts'
import { openRuntime, type Runtime } from './runtime.ts'

const SHUTDOWN_DEADLINE_MS = 10_000
/** The rest of the shutdown is for deliveries and the last writes. */
const REQUESTS_GRACE_MS = 5000
const IDLE_TIMEOUT_SECONDS = 60

/** Serves until SIGTERM or SIGINT. Throws what `openRuntime` throws, or a Fault, if it cannot start. */
export async function serve(settings: Settings): Promise<void> {
  const { dataDir } = settings.config
  createDataDirectory(dataDir)
  const detail = `Another Licet server is using ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`
  using _lock = lockDirectory(dataDir, detail)
  await using runtime = openRuntime(settings)
  const { unknown } = settings
  if (unknown.length > 0) runtime.deps.log.warn({ unknown }, 'unknown LICET_ variables are ignored')
  await serveRuntime(runtime)
}

async function serveRuntime({ deps, adminToken }: Runtime): Promise<void> {
  const { config, store, log, version } = deps
  await resumeClock(deps)
  await createDefaultProduct(deps)
  const adminKey = await prepareAdminKey(deps, adminToken, process.stderr.isTTY === true)
  // Printed before anything else can fail, because a new token is shown only once.
  print(adminKeyLines(adminKey))
  const app = buildApp(deps)
  // Registered before the first request, so that every signal leads to an orderly shutdown.
  const stopped = waitForStopSignal()
  const url = buildLocalUrl(config, listen(app, config))
  const { data: licenses } = await store.licenses.list({}, { limit: 1, after: null })
  print(bannerLines(url, adminKey, licenses.length > 0))
  log.info({ version, url }, 'listening')
  const timers = await startTimers(deps)

  await stopped
  log.info('stopping')
  await Promise.race([app.server?.stop(), sleep(REQUESTS_GRACE_MS, undefined, { ref: false })])
  // Closes slow connections, so that everything else still shuts down in order.
  await app.server?.stop(true)
  await timers.stop()
  log.info('stopped')
}

/** Prints to standard error, because standard output is for the log. */
function print(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

/** Starts listening and returns the port, which the system chooses if LICET_PORT is 0. */
function listen(app: App, { host: hostname, port, tls }: Config): number {
  try {
    app.listen({
      hostname,
      port,
      // Otherwise a second process could silently share the port.
      reusePort: false,
      // The app limits bodies itself; Bun would send a 413 without a body, even before the 401.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      ...(tls === null
        ? {}
        : { tls: { cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) } }),
    })
    return app.server?.port ?? port
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

/** Resolves at the first SIGTERM or SIGINT. A second one, or the deadline, ends the process. */
function waitForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false
    const exitNow = () => {
      process.stderr.write('Forced to exit before all work was finished.\n')
      process.exit(1)
    }
    const stop = () => {
      if (isStopping) exitNow()
      isStopping = true
      setTimeout(exitNow, SHUTDOWN_DEADLINE_MS).unref()
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
