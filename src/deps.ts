import type { CheckoutApis } from './checkout/providers/api.ts'
import type { AddressGuard } from './domain/endpoints.ts'
import { formatId, type IdPrefix } from './domain/ids.ts'
import { DAY_MS } from './domain/times.ts'
import type { TimeSource } from './domain/trusted-time.ts'
import type { StorageSizes, Variable } from './domain/variables.ts'
import type { JobBoard } from './jobs/board.ts'
import type { SendMail } from './mail/smtp.ts'
import type { CheckoutSecrets, Config, Secrets } from './platform/config.ts'
import type { FindCountry } from './platform/countries.ts'
import type { Log } from './platform/log.ts'
import type { Metrics } from './platform/metrics.ts'
import type { LogRequest } from './platform/request-log.ts'
import type { Vault } from './platform/vault.ts'
import type { Signer } from './signing/signer.ts'
import type { Backups } from './store/backups-port.ts'
import type { CachedStore } from './store/cache.ts'
import type { Usage } from './usage/port.ts'
import type { Post } from './webhooks/http-post.ts'

export interface Clock extends TimeSource {
  /** The time in ms by a clock that never jumps, from any start, to measure how long something takes. */
  elapsedMs(): number
  /** Continues from the trusted time of an earlier process; null if there was none. */
  resume(trustedMs: number | null): void
  /** Advances the trusted time. Returns how far the clock has jumped since the last check, or 0. */
  check(): number
}

/** Everything outside the program: configuration, storage, clock, randomness, network. */
export interface Deps {
  readonly config: Config
  /** All variables as they are in effect, without the values of secrets. */
  readonly variables: readonly Variable[]
  /** The names of `LICET_` variables that are ignored. */
  readonly unknownVariables: readonly string[]
  /** Returns when the last backup was made, in ms; null if there is none. */
  readonly findLastBackup: () => number | null
  readonly measureStorage: () => StorageSizes
  readonly store: CachedStore
  readonly usage: Usage
  readonly backups: Backups
  readonly jobs: JobBoard
  readonly vault: Vault
  /** Signs leases, license files, answers and the revocation feed. */
  readonly signer: Signer
  readonly checkoutSecrets: CheckoutSecrets
  readonly checkoutApis: CheckoutApis
  /** See `Secrets`. */
  readonly keygenSeed: Secrets['keygenSeed']
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  readonly createId: (prefix: IdPrefix) => string
  readonly log: Log
  readonly logRequest: LogRequest
  readonly metrics: Metrics
  readonly post: Post
  /** Null without a mail server: then no mail is written or sent. */
  readonly sendMail: SendMail | null
  readonly addressGuard: AddressGuard
  readonly findCountry: FindCountry
  /** Returns a number in [0, 1), for the jitter of retries. */
  readonly random: () => number
  /** Identifies this process in the deliveries that it has claimed. */
  readonly instanceId: string
  readonly version: string
  /** The name of the last migration of the database. */
  readonly schema: string
}

export const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))

/** Ids stay in order when the clock goes back by up to this much. */
const ORDERED_MS = DAY_MS

/** Creates ids with the time of `clock`. Ids of the same millisecond are still in order. */
export function createIds(clock: Pick<TimeSource, 'nowMs'>): Deps['createId'] {
  let lastMs = 0
  return (prefix) => {
    // An id has no time before 1970, which a clock without a battery may show.
    const nowMs = Math.max(0, clock.nowMs())
    if (nowMs > lastMs || nowMs < lastMs - ORDERED_MS) lastMs = nowMs
    return formatId(prefix, Bun.randomUUIDv7('buffer', lastMs))
  }
}
