import { setTimeout as sleep } from 'node:timers/promises'
import { resumeClock } from '~/jobs/clock-watch.ts'
import { startTimers } from '~/jobs/timers.ts'
import type { Settings } from '~/platform/config.ts'
import { createDataDirectory, listExposedFiles } from '~/platform/data-directory.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { buildApp } from './app.ts'
import { adminKeyLines, bannerLines } from './banner.ts'
import { createDefaultProduct, prepareAdminKey } from './bootstrap.ts'
import { readCertificatePair, watchCertificate } from './certificates.ts'
import { openListener } from './listener.ts'
import { openRuntime, type Runtime } from './runtime.ts'

const SHUTDOWN_DEADLINE_MS = 10_000
/** The rest of the shutdown is for deliveries and the last writes. */
const REQUESTS_GRACE_MS = 5000
/** They would end the process, but are sent by closed terminals, log rotation and renewal scripts. */
const HARMLESS_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** Serves until SIGTERM or SIGINT. Throws what `openRuntime` throws, or a Fault, if it cannot start. */
export async function serve(settings: Settings): Promise<void> {
  for (const signal of HARMLESS_SIGNALS) process.on(signal, () => undefined)
  const { dataDir } = settings.config
  createDataDirectory(dataDir)
  const detail = `Another Licet server is using ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`
  using _lock = lockDirectory(dataDir, detail)
  await using runtime = openRuntime(settings)
  const { unknown } = settings
  if (unknown.length > 0) runtime.deps.log.warn({ unknown }, 'unknown LICET_ variables are ignored')
  const exposed = listExposedFiles(dataDir)
  if (exposed.length > 0) {
    runtime.deps.log.warn({ files: exposed }, 'other users can read these files: chmod 600 them')
  }
  await serveRuntime(runtime)
}

async function serveRuntime({ deps, adminToken }: Runtime): Promise<void> {
  const { config, store, log, version } = deps
  await resumeClock(deps)
  await createDefaultProduct(deps)
  const adminKey = await prepareAdminKey(deps, adminToken, process.stderr.isTTY === true)
  // Printed before anything else can fail, because a new token is shown only once.
  print(adminKeyLines(adminKey))
  const connections = { areClosing: false }
  const app = buildApp(deps, connections)
  // Registered before the first request, so that every signal leads to an orderly shutdown.
  const stopped = waitForStopSignal()
  const pair = config.tls === null ? null : await readCertificatePair(config.tls)
  const listener = openListener(app, config, connections, pair)
  const url = buildLocalUrl(config, listener.port)
  const { data: licenses } = await store.licenses.list({}, { limit: 1, after: null })
  print(bannerLines(url, adminKey, licenses.length > 0))
  log.info({ version, url }, 'listening')
  const timers = await startTimers(deps)
  const stopWatching =
    config.tls === null || pair === null
      ? null
      : watchCertificate(config.tls, pair, { log, replace: listener.replaceCertificate })

  await stopped
  log.info('stopping')
  await stopWatching?.()
  await Promise.race([listener.close(), sleep(REQUESTS_GRACE_MS, undefined, { ref: false })])
  // Closes slow connections, so that everything else still shuts down in order.
  await listener.abort()
  await timers.stop()
  log.info('stopped')
}

/** Prints to standard error, because standard output is for the log. */
function print(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
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
