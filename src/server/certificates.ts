import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TimeSource } from '~/domain/trusted-time.ts'
import type { Log } from '~/platform/log.ts'

/** Renewed files are in use within two of these. */
const POLL_INTERVAL_MS = 1000
const PEM_BYTES_MAX = 1_048_576

/** The paths of LICET_TLS_CERT and LICET_TLS_KEY. */
export interface TlsPaths {
  readonly certPath: string
  readonly keyPath: string
}

/** A certificate with its chain, and its private key, in PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

export async function readCertificatePair(paths: TlsPaths): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([readPem(paths.certPath), readPem(paths.keyPath)])
  return { cert, key }
}

/** Reading a pipe could block forever, and with it every later check. */
async function readPem(path: string): Promise<string> {
  const found = await stat(path)
  if (found.isFile() && found.size <= PEM_BYTES_MAX) return readFile(path, 'utf8')
  throw new Error(`${path} is not a regular file of at most ${PEM_BYTES_MAX} bytes`)
}

interface WatchParts {
  readonly log: Log
  readonly clock: TimeSource
  /** Makes new connections use the pair. */
  readonly replace: (pair: CertificatePair) => Promise<void>
}

/**
 * Replaces the certificate when its files change, and checks them at once on SIGHUP. While they
 * cannot be used, such as when they do not fit together, the former certificate stays in use.
 */
export function watchCertificate(
  paths: TlsPaths,
  initial: CertificatePair,
  { log, clock, replace }: WatchParts,
) {
  let servedId = identify(initial)
  let suspectId: string | null = null
  let isReported = false
  let running: Promise<void> | null = null

  async function check(isAsked: boolean): Promise<void> {
    const found = await inspectPair(paths)
    if (found.id === servedId) {
      suspectId = null
      if (isAsked) log.info('the TLS files have not changed')
    } else if (found.kind === 'usable') {
      await replace(found.pair)
      servedId = found.id
      suspectId = null
      log.info({ valid_to: found.validTo }, 'the TLS certificate was replaced')
      warnOfExpiry(found.validTo)
    } else {
      if (suspectId !== found.id) isReported = false
      // A renewal writes one file after the other, so the next round may find a pair.
      if (isAsked || (suspectId === found.id && !isReported)) {
        log.error(
          { err: found.error },
          'the new TLS files cannot be used, so the old ones are kept',
        )
        isReported = true
      }
      suspectId = found.id
    }
  }

  function warnOfExpiry(validTo: string): void {
    if (Date.parse(validTo) > clock.nowMs()) return
    log.warn({ valid_to: validTo }, 'the TLS certificate has expired, so clients will refuse it')
  }

  function start(isAsked: boolean): void {
    if (running !== null && !isAsked) return
    const round = (running ?? Promise.resolve())
      .then(() => check(isAsked))
      .catch((error) => log.error({ err: error }, 'the TLS certificate cannot be replaced'))
      .finally(() => {
        if (running === round) running = null
      })
    running = round
  }

  warnOfExpiry(new X509Certificate(initial.cert).validTo)
  const timer = setInterval(() => start(false), POLL_INTERVAL_MS)
  const onHangup = () => start(true)
  process.on('SIGHUP', onHangup)
  /** Waits for the current check, and starts no more. */
  return async () => {
    clearInterval(timer)
    process.off('SIGHUP', onHangup)
    await running
  }
}

type Inspection =
  | {
      readonly kind: 'usable'
      readonly id: string
      readonly pair: CertificatePair
      readonly validTo: string
    }
  | { readonly kind: 'unusable'; readonly id: string; readonly error: unknown }

async function inspectPair(paths: TlsPaths): Promise<Inspection> {
  let id = 'unreadable'
  try {
    const pair = await readCertificatePair(paths)
    id = identify(pair)
    const { validTo } = new X509Certificate(pair.cert)
    createPrivateKey(pair.key)
    createSecureContext(pair)
    return { kind: 'usable', id, pair, validTo }
  } catch (error) {
    return { kind: 'unusable', id, error }
  }
}

function identify({ cert, key }: CertificatePair): string {
  return `${cert}\n${key}`
}
