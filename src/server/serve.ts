import { readFileSync } from 'node:fs'
import { Fault } from '~/domain/faults.ts'
import { startTimers } from '~/jobs/timers.ts'
import type { Config, Settings } from '~/platform/config.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { localUrlOf } from '~/platform/local-url.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { type App, buildApp } from './app.ts'
import { adminKeyLines, bannerLines } from './banner.ts'
import { createAdminKey, createDefaultProduct } from './bootstrap.ts'
import { openRuntime, type Runtime } from './runtime.ts'

const SHUTDOWN_DEADLINE_MS = 10_000
/** What deliveries and the last writes need of that comes after it. */
const REQUESTS_GRACE_MS = 5000
const IDLE_TIMEOUT_SECONDS = 60

/** Serves until SIGTERM or SIGINT. Throws a Fault, and what `openRuntime` throws, when it cannot. */
export async function serve(settings: Settings): Promise<void> {
  const { dataDir } = settings.config
  createDataDirectory(dataDir)
  const unlock = lockDirectory(dataDir)
  if (unlock === null) {
    throw new Fault(
      'in_use',
      `Another Licet works in ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`,
    )
  }
  try {
    const runtime = openRuntime(settings)
    const { unknown } = settings
    if (unknown.length > 0) runtime.deps.log.warn({ unknown }, 'variables that mean nothing')
    try {
      await serveRuntime(runtime)
    } finally {
      await runtime.close()
    }
  } finally {
    unlock()
  }
}

async function serveRuntime({ deps, adminToken }: Runtime): Promise<void> {
  const { config, store, log, version } = deps
  await createDefaultProduct(deps)
  const adminKey = await createAdminKey(deps, adminToken, process.stderr.isTTY === true)
  // Said before anything else can fail, because a printed key is shown this once.
  tell(adminKeyLines(adminKey))
  const app = buildApp(deps)
  // Heard before the first request can be, so that no signal ends the process the short way.
  const stopped = untilStopped()
  const url = localUrlOf(config, listen(app, config))
  const { data: licenses } = await store.licenses.list({}, { limit: 1, after: null })
  tell(bannerLines(url, adminKey, licenses.length > 0))
  log.info({ version, url }, 'listening')
  const timers = await startTimers(deps)

  await stopped
  log.info('stopping')
  await Promise.race([app.server?.stop(), elapsed(REQUESTS_GRACE_MS)])
  // Who dawdles is cut off, so that everything else still ends in order.
  await app.server?.stop(true)
  await timers.stop()
  log.info('stopped')
}

function elapsed(durationMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, durationMs).unref())
}

/** For the eyes of whoever starts it: standard output belongs to the log. */
function tell(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

/** Answers the port, which the system chose where the configuration says 0. */
function listen(app: App, { host: hostname, port, tls }: Config): number {
  try {
    app.listen({
      hostname,
      port,
      // Otherwise a second process would share the port without a word.
      reusePort: false,
      // Bodies are counted as they are read; Bun's own refusal is a bare 413, to strangers as well.
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

const noSuchAddress = 'this machine has no such address. Choose another LICET_HOST.'

const listenAdvices: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use. Stop what uses it, or choose another LICET_PORT.',
  EADDRNOTAVAIL: noSuchAddress,
  EINVAL: noSuchAddress,
  EACCES: 'this user may not. Choose a LICET_PORT of 1024 or more.',
}

function listenAdvice(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code.startsWith('ERR_OSSL')) {
    return 'LICET_TLS_CERT and LICET_TLS_KEY are not a certificate and its key in PEM.'
  }
  return listenAdvices[code] ?? `${cause}. Choose another LICET_HOST or LICET_PORT.`
}

/** Resolves at the first SIGTERM or SIGINT; a second one, or the deadline, ends the process. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false
    const endHard = () => {
      process.stderr.write('Ended before everything under way was finished.\n')
      process.exit(1)
    }
    const stop = () => {
      if (isStopping) endHard()
      isStopping = true
      setTimeout(endHard, SHUTDOWN_DEADLINE_MS).unref()
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
