import { setTimeout as sleep } from 'node:timers/promises'
import type { Degradation } from '~/domain/degradations.ts'
import { resumeClock } from '~/jobs/clock-watch.ts'
import { startHeartbeat } from '~/jobs/heartbeat.ts'
import { startTimers, type Timers } from '~/jobs/timers.ts'
import type { Settings } from '~/platform/config.ts'
import { createDataDirectory, listExposedFiles } from '~/platform/data-directory.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import type { Log } from '~/platform/log.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { buildApp } from './app.ts'
import { adminKeyLines, bannerLines, setupLines } from './banner.ts'
import {
  type AdminKey,
  createFirstSetupLink,
  prepareAdminKey,
  prepareDatabase,
} from './bootstrap.ts'
import { readCertificatePair } from './certificates.ts'
import {
  exitSoon,
  ignoreHarmlessSignals,
  logRuntimeWarnings,
  logUnknownVariables,
  print,
  stopListening,
  waitForStopSignal,
  watchListener,
  watchLock,
} from './lifecycle.ts'
import { openListener } from './listener.ts'
import { startSecretWatch } from './rotation/watch.ts'
import { findSecretDirectory, openRuntime, type Runtime } from './runtime.ts'

const ADMIN_KEY_RETRY_MS = 5000
const JOBS_DELAY_MS = 200
const NEVER = new Promise<never>(() => undefined)

/** Serves until SIGTERM or SIGINT. Throws what `openRuntime` throws, or a Fault, if it cannot start. */
export async function serve(settings: Settings): Promise<void> {
  ignoreHarmlessSignals()
  try {
    if (settings.secrets.databaseUrl === null) await serveDirectory(settings)
    else await openAndServe(settings, () => NEVER)
  } finally {
    exitSoon()
  }
}

/** Serves from a data directory, which it locks. */
async function serveDirectory(settings: Settings): Promise<void> {
  const { dataDir } = settings.config
  createDataDirectory(dataDir)
  const detail = `Another Licet server is using ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`
  using lock = lockDirectory(dataDir, detail)
  await openAndServe(settings, (log) => {
    const exposed = listExposedFiles(dataDir)
    if (exposed.length > 0) {
      log.warn({ files: exposed }, 'other users can read these files: chmod 600 them')
    }
    return watchLock(lock, log)
  })
}

/** `watch` returns a promise that rejects when the server must stop. */
async function openAndServe(settings: Settings, watch: (log: Log) => Promise<never>) {
  await using runtime = await openRuntime(settings)
  const { log } = runtime.deps
  logRuntimeWarnings(log)
  logUnknownVariables(settings.unknown, log)
  const watching = watchSecret(settings, runtime)
  try {
    await serveRuntime(runtime, Promise.race([watch(log), watching.replaced]))
  } finally {
    await watching.stop()
  }
}

/** Rejects `replaced` if the database has a new master secret that this server does not know. */
function watchSecret(settings: Settings, { deps }: Runtime) {
  const { promise, reject } = Promise.withResolvers<never>()
  // It may reject before anything waits for it.
  promise.catch(() => undefined)
  const { stop } = startSecretWatch(deps, findSecretDirectory(settings), reject)
  return { replaced: promise, stop }
}

/** Serves until it is asked to stop. Rejects, after an orderly shutdown, if `failed` rejects. */
async function serveRuntime(runtime: Runtime, failed: Promise<never>): Promise<void> {
  const { deps } = runtime
  const { config, store, usage, clock, log, version } = deps
  await store.checkWrites()
  await resumeClock(deps)
  const heartbeat = await startHeartbeat(deps)
  const prepareKey = () => prepareAdminKeyOrRetry(runtime)
  const { isFirstStart, adminKey } = await prepareDatabase(deps, prepareKey)
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
    stopWatching = watchListener(listener, tls, pair, { log, clock })
    await Promise.race([stopped, failed])
    log.info('stopping')
  } finally {
    await stopWatching?.()
    await stopListening(listener)
    await timers?.stop()
    await heartbeat.stop()
  }
  log.info('stopped')
}

function warnOf(degradations: readonly Degradation[], log: Log): void {
  print(degradations.map(({ detail }) => `WARNING: ${detail}`))
  for (const { reason, detail } of degradations) log.error({ reason }, detail)
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
