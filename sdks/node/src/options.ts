import type { Transport } from './http.ts'
import type { Store } from './store.ts'

/** The subject of a check. Each member of a call replaces that of the client. */
export interface Target {
  /** The customer's license key, as it was pasted. Not needed with a license file. */
  readonly key?: string | null | undefined
  /** The site on which the app runs. With it, a device is only named if `fingerprint` is given. */
  readonly domain?: string | null | undefined
  /** The device; that of `fingerprint(appId)` by default, except in browsers. `null` names none. */
  readonly fingerprint?: string | null | undefined
}

export interface LicetOptions extends Target {
  /** The address of the server, such as `https://licenses.example.com`. */
  readonly url: string
  /** The name of your app in letters, digits, dots and dashes. Never change it. */
  readonly appId: string
  /** The slug of your product, so that a key for another product is refused. */
  readonly product?: string | null | undefined
  /** The public keys that `licet signing keys` prints: with them, no other server can answer. */
  readonly publicKeys?: readonly string[] | undefined
  /** Where the record is kept; a file in the user's configuration directory, or localStorage. */
  readonly store?: Store | undefined
  /** How long to wait for an answer; 3000 by default. */
  readonly timeoutMs?: number | undefined
  /** For how long an answer is used if no keys are pinned. With keys, the plan decides. */
  readonly offline?:
    | {
        /** 86,400 (one day) by default. */
        readonly refreshSeconds?: number | undefined
        /** 2,592,000 (30 days) by default. */
        readonly hardLimitSeconds?: number | undefined
      }
    | undefined
  /** Replaces `fetch`, for example to use a proxy. */
  readonly transport?: Transport | undefined
  /** Returns the time in milliseconds; `Date.now` by default. */
  readonly clock?: (() => number) | undefined
  /** When the app was built: a clock that shows an earlier time is wrong. */
  readonly builtAt?: Date | undefined
  /** Receives every failure that does not reach the app as an exception, for its log. */
  readonly onProblem?: ((problem: unknown) => void) | undefined
}

export interface Cancelable {
  /** Ends the wait: the promise rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}
