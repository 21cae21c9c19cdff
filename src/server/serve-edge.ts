import { buildEdgeApp } from '~/edge/app.ts'
import { createEdge, type Edge } from '~/edge/edge.ts'
import { takeProcessName } from '~/edge/process-name.ts'
import { createEdgeUsage } from '~/edge/usage.ts'
import { ConfigError } from '~/platform/config.ts'
import type { EdgeSettings } from '~/platform/config-edge.ts'
import { openCountries } from '~/platform/countries.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { createEdgeMetrics } from '~/platform/edge-metrics.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import { createLog } from '~/platform/log.ts'
import { createSystemClock } from '~/platform/system-clock.ts'
import { version } from '~/platform/version.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'
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

/** Serves as an edge until SIGTERM or SIGINT. Throws a ConfigError or Fault if it cannot start. */
export async function serveEdge({ config, unknown }: EdgeSettings): Promise<void> {
  ignoreHarmlessSignals()
  const { dataDir, logLevel: level, logFormat: format } = config
  if (findDatabase(dataDir)) {
    throw new ConfigError(
      `LICET_DATA_DIR is ${dataDir}, which has the database of a server. An edge needs a directory of its own.`,
    )
  }
  createDataDirectory(dataDir)
  using lock = lockDirectory(
    dataDir,
    `Another Licet process is using ${dataDir}. Stop it, or choose another LICET_DATA_DIR.`,
  )
  const { log, logRequest, flush } = createLog({ level, format, fileDescriptor: 1 })
  try {
    logRuntimeWarnings(log)
    logUnknownVariables(unknown, log)
    const metrics = createEdgeMetrics()
    const findCountry = openCountries(config.geoipDbPath, (error) =>
      log.error({ err: error }, 'LICET_GEOIP_DB is damaged, so some addresses have no country'),
    )
    const processName = takeProcessName(dataDir, (error) =>
      log.error({ err: error }, 'LICET_DATA_DIR cannot be written'),
    )
    const edge = createEdge({
      processName,
      config,
      log,
      logRequest,
      metrics,
      findCountry,
      openUsage: createEdgeUsage,
    })
    await run(edge, watchLock(lock, log))
  } finally {
    await flush()
    exitSoon()
  }
}

async function run(edge: Edge, failed: Promise<never>): Promise<void> {
  const { config, feed, usage, log } = edge
  const { tls } = config
  const stopped = waitForStopSignal()
  const pair = tls === null ? null : await readCertificatePair(tls)
  // A token that the primary does not know is reported before anything listens.
  await feed.start()
  const connections = { areClosing: false }
  try {
    const listener = openListener(buildEdgeApp(edge, connections), config, connections, pair)
    usage.start()
    const url = buildLocalUrl(config, listener.port)
    print([`Licet is running as an edge of ${config.primaryUrl} at ${url}`])
    log.info({ version, url, primary: config.primaryUrl }, 'listening')
    const stopWatching = watchListener(listener, tls, pair, { log, clock: createSystemClock() })
    try {
      await Promise.race([stopped, failed])
      log.info('stopping')
    } finally {
      await stopWatching()
      await stopListening(listener)
    }
  } finally {
    await usage.close()
    await feed.stop()
  }
  log.info('stopped')
}
