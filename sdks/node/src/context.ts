import { isSoundKey } from './ed25519.ts'
import { globalTransport, parseServerUrl, type Transport } from './http.ts'
import type { LicetOptions, Target } from './options.ts'
import type { Platform } from './platform.ts'
import { createFallbackStore, type Store } from './store.ts'
import { parsePublicKey } from './tokens.ts'

const TIMEOUT_MS = 3000
const REFRESH_SECONDS = 86_400
const HARD_LIMIT_SECONDS = 30 * 86_400
const APP_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** The options of a client, complete and checked. */
export interface Context {
  /** Without a slash at the end. */
  readonly url: string
  readonly appId: string
  readonly target: Target
  readonly product: string | null
  readonly publicKeys: readonly string[]
  readonly store: Store
  readonly timeoutMs: number
  readonly refreshSeconds: number
  readonly hardLimitSeconds: number
  readonly builtAt: number
  readonly transport: Transport
  readonly platform: Platform
  /** Returns the time in whole seconds. */
  readonly now: () => number
  readonly report: (problem: unknown) => void
}

/** Throws a `TypeError` that says which option is wrong. */
export function createContext(options: LicetOptions, platform: Platform): Context {
  const { appId, product = null, publicKeys = [], clock = Date.now, offline = {} } = options
  const { key, domain, fingerprint } = options
  checkAppId(appId)
  for (const [index, publicKey] of publicKeys.entries()) checkPublicKey(publicKey, index)
  checkLimits({ ...offline, timeoutMs: options.timeoutMs })
  const report = createReport(options.onProblem)
  const store = options.store ?? platform.openStore(appId)
  return {
    url: parseServerUrl(options.url),
    appId,
    target: { key, domain, fingerprint },
    product,
    publicKeys,
    store: createFallbackStore(store, report),
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    refreshSeconds: offline.refreshSeconds ?? REFRESH_SECONDS,
    hardLimitSeconds: offline.hardLimitSeconds ?? HARD_LIMIT_SECONDS,
    builtAt: Math.floor((options.builtAt?.getTime() ?? 0) / 1000),
    transport: options.transport ?? globalTransport,
    platform,
    now: () => Math.floor(clock() / 1000),
    report,
  }
}

/** An app ID is part of the path of a file. */
export function checkAppId(appId: string): void {
  if (APP_ID.test(appId)) return
  throw new TypeError('appId must be 1–100 letters, digits, dots, dashes or underscores.')
}

function checkPublicKey(publicKey: string, index: number): void {
  const bytes = parsePublicKey(publicKey)?.bytes
  if (bytes !== undefined && isSoundKey(bytes)) return
  throw new TypeError(`publicKeys[${index}] must be a key that \`licet signing keys\` has printed.`)
}

function checkLimits(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || value > 0) continue
    throw new TypeError(`${name} must be a number above 0.`)
  }
}

/** A mistake in the app's callback must not stop a check. */
function createReport(onProblem: LicetOptions['onProblem']): Context['report'] {
  return (problem) => {
    try {
      onProblem?.(problem)
    } catch {
      // There is no other place to report it to.
    }
  }
}
