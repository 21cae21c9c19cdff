import { setTimeout as sleep } from 'node:timers/promises'
import type { Degradation } from '~/domain/degradations.ts'
import { Fault } from '~/domain/faults.ts'
import { resumeClock } from '~/jobs/clock-watch.ts'
import { releaseFormerClaims, startTimers, type Timers } from '~/jobs/timers.ts'
import type { Settings } from '~/platform/config.ts'
import { createDataDirectory, listExposedFiles } from '~/platform/data-directory.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import type { Log } from '~/platform/log.ts'
import { type DirectoryLock, lockDirectory } from '~/store/sqlite/files/lock.ts'
import { buildApp } from './app.ts'
import { adminKeyLines, bannerLines, setupLines } from './banner.ts'
import {
  type AdminKey,
  createDefaultProduct,
  createFirstSetupLink,
  prepareAdminKey,
} from './bootstrap.ts'
import { readCertificatePair, watchCertificate } from './certificates.ts'
import { type Listener, openListener } from './listener.ts'
import { openRuntime, type Runtime } from './runtime.ts'

const SHUTDOWN_DEADLINE_MS = 10_000
/** The rest of the shutdown is for deliveries and the last writes. */
const REQUESTS_GRACE_MS = 5000
/** They would end the process, but are sent by closed terminals, log rotation and renewal scripts. */
const HARMLESS_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
/** After everything was closed. */
const EXIT_GRACE_MS = 2000
const ADMIN_KEY_RETRY_MS = 5000
const LOCK_CHECK_MS = 1000
const JOBS_DELAY_MS = 200

/** Serves until SIGTERM or SIGINT. Throws what `openRuntime` throws, or a Fault, if it cannot start. */
export async function serve(settings: Settings): Promise<void> {
  for (const signal of HARMLESS_SIGNALS) process.on(signal, () => undefined)
  const { dataDir } = settings.config
  createDataDirectory(dataDir)
  const detail = `Another Licet server is using ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`
  using lock = lockDirectory(dataDir, detail)
  try {
    await using runtime = openRuntime(settings)
    const { log } = runtime.deps
    logRuntimeWarnings(log)
    const { unknown } = settings
    if (unknown.length > 0) log.warn({ unknown }, 'unknown LICET_ variables are ignored')
    const exposed = listExposedFiles(dataDir)
    if (exposed.length > 0) {
      log.warn({ files: exposed }, 'other users can read these files: chmod 600 them')
    }
    await serveRuntime(runtime, watchLock(lock, log))
  } finally {
    // Only if anything is still open then: a server that has failed must not live on.
    setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
  }
}

/** Serves until it is asked to stop. Rejects, after an orderly shutdown, if `failed` rejects. */
async function serveRuntime(runtime: Runtime, failed: Promise<never>): Promise<void> {
  const { deps } = runtime
  const { config, store, usage, clock, log, version } = deps
  await store.checkWrites()
  await resumeClock(deps)
  const isFirstStart = await createDefaultProduct(deps)
  await deps.signer.prepare(clock.nowMs())
  const adminKey = await prepareAdminKeyOrRetry(runtime)
  await releaseFormerClaims(deps)
  const connections = { areClosing: false }
  const app = buildApp(deps, connections)
  // Registered before the first request, so that every signal leads to an orderly shutdown.
  const stopped = waitForStopSignal()
  const { tls } = config
  const pair = tls === null ? null : await readCertificatePair(tls)
  const listener = openListener(app, config, connections, pair)
  const url = buildLocalUrl(config, listener.port)
  let timers: Timers | null = null
  let stopWatching: (() => Promise<void>) | null = null
  try {
    const hasLicenses = await store.licenses.hasAny()
    warnOf([...store.listDegradations(), ...usage.listDegradations()], log)
    const isFirstSignIn = isFirstStart && config.pages.includes('admin')
    const setupPath = isFirstSignIn ? await createFirstSetupLink(deps) : null
    print(setupLines(config.publicUrl ?? url, setupPath))
    print(bannerLines(url, adminKey, hasLicenses))
    log.info({ version, url }, 'listening')
    // The first requests come before the jobs.
    await Promise.race([stopped, failed, sleep(JOBS_DELAY_MS)])
    timers = startTimers(deps)
    if (tls !== null && pair !== null) {
      stopWatching = watchCertificate(tls, pair, {
        log,
        clock,
        replace: listener.replaceCertificate,
      })
    }
    await Promise.race([stopped, failed])
    log.info('stopping')
  } finally {
    await stopWatching?.()
    await stopListening(listener)
    await timers?.stop()
  }
  log.info('stopped')
}

/** Sends the runtime's warnings to the log, instead of printing them in the middle of the banner. */
function logRuntimeWarnings(log: Log): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ err: warning }, 'warning of the runtime'))
}

function warnOf(degradations: readonly Degradation[], log: Log): void {
  print(degradations.map(({ detail }) => `WARNING: ${detail}`))
  for (const { reason, detail } of degradations) log.error({ reason }, detail)
}

async function stopListening(listener: Listener): Promise<void> {
  await Promise.race([listener.close(), sleep(REQUESTS_GRACE_MS, undefined, { ref: false })])
  // Closes slow connections, so that everything else still shuts down in order.
  await listener.abort()
}

/**
 * Prepares the admin API key. If the database cannot be written, it does so later: meanwhile, the
 * licenses and API keys in it can be used.
 */
async function prepareAdminKeyOrRetry({ deps, adminToken }: Runtime): Promise<AdminKey> {
  const prepare = () => prepareAdminKey(deps, adminToken, process.stderr.isTTY === true)
  const retry = () => {
    setTimeout(() => void prepare().then(printKey, retry), ADMIN_KEY_RETRY_MS).unref()
  }
  // Printed before anything else can fail, because a new token is shown only once.
  const printKey = (adminKey: AdminKey) => print(adminKeyLines(adminKey))
  try {
    const adminKey = await prepare()
    printKey(adminKey)
    return adminKey
  } catch (error) {
    const { data } = await deps.store.apiKeys.list({ limit: 1, after: null })
    if (data.length === 0 || deps.store.listDegradations().length === 0) throw error
    deps.log.error(
      { err: error },
      'LICET_ADMIN_TOKEN takes effect once the database can be written',
    )
    retry()
    return { kind: 'unknown' }
  }
}

/** Takes the lock again if its file is deleted. Rejects if another server was faster. */
function watchLock(lock: DirectoryLock, log: Log): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  let isHeld = true
  const check = () => {
    try {
      lock.renew()
      isHeld = true
    } catch (error) {
      if (isHeld) log.error({ err: error }, 'the lock of the data directory was lost')
      isHeld = false
      if (error instanceof Fault && error.kind === 'in_use') reject(error)
    }
  }
  setInterval(check, LOCK_CHECK_MS).unref()
  // It may reject before anything waits for it.
  promise.catch(() => undefined)
  return promise
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
