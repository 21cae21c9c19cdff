import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '~/domain/faults.ts'
import type { TimeSource } from '~/domain/trusted-time.ts'
import type { Log } from '~/platform/log.ts'
import type { DirectoryLock } from '~/store/sqlite/files/lock.ts'
import { type CertificatePair, type TlsPaths, watchCertificate } from './certificates.ts'
import type { Listener } from './listener.ts'

/** The steps from the start of a server or an edge to its end. */

const SHUTDOWN_DEADLINE_MS = 10_000
/** The rest of the shutdown is for deliveries and the last writes. */
const REQUESTS_GRACE_MS = 5000
/** They would end the process, but are sent by closed terminals, log rotation and renewal scripts. */
const HARMLESS_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
/** After everything was closed. */
const EXIT_GRACE_MS = 2000
const LOCK_CHECK_MS = 1000

export function ignoreHarmlessSignals(): void {
  for (const signal of HARMLESS_SIGNALS) process.on(signal, () => undefined)
}

/** Sends the runtime's warnings to the log, instead of printing them in the middle of the banner. */
export function logRuntimeWarnings(log: Log): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ err: warning }, 'warning of the runtime'))
}

export function logUnknownVariables(unknown: readonly string[], log: Log): void {
  if (unknown.length > 0) log.warn({ unknown }, 'unknown LICET_ variables are ignored')
}

/** Prints to standard error, because standard output is for the log. */
export function print(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

/** Resolves at the first SIGTERM or SIGINT. A second one, or the deadline, ends the process. */
export function waitForStopSignal(): Promise<void> {
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

/** Takes the lock again if its file is deleted. Rejects if another server was faster. */
export function watchLock(lock: DirectoryLock, log: Log): Promise<never> {
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

/** Keeps the certificate of a listener up to date. Returns a function that stops this. */
export function watchListener(
  listener: Listener,
  tls: TlsPaths | null,
  pair: CertificatePair | null,
  parts: { readonly log: Log; readonly clock: TimeSource },
): () => Promise<void> {
  if (tls === null || pair === null) return async () => undefined
  return watchCertificate(tls, pair, { ...parts, replace: listener.replaceCertificate })
}

/** Lets the requests in progress finish, and closes slow connections after some seconds. */
export async function stopListening(listener: Listener): Promise<void> {
  await Promise.race([listener.close(), sleep(REQUESTS_GRACE_MS, undefined, { ref: false })])
  // Closes slow connections, so that everything else still shuts down in order.
  await listener.abort()
}

/** Ends the process if anything is still open: a server that has failed must not live on. */
export function exitSoon(): void {
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
}
