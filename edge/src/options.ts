/**
 * A cache, usually shared by many machines. It may return an old value, lose one, or deliver one late: what
 * an answer relies on is checked when it is read.
 */
export interface EdgeCache {
  /** Returns the value; null if there is none. */
  get(key: string): Promise<string | null>
  /** Stores a value, which may be deleted after `ttlSeconds`: 60 or more. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>
}

export interface EdgeOptions {
  /** The URL of the Licet server, such as `https://licenses.example.com`. It may have a path. */
  readonly primary: string
  /** The token that `licet edges create NAME` prints. */
  readonly token: string
  readonly cache: EdgeCache
  /**
   * The secret under which places are found in the cache, so that nobody can read license keys there. All
   * handlers that share a cache need the same one. By default it is the token.
   */
  readonly secret?: string | undefined
  /** The secret (`whsec_…`) of the webhook endpoint `/_licet/hook`, or several while it is rotated. */
  readonly webhookSecret?: string | readonly string[] | undefined
  /** Keeps the platform running until a promise has settled, unless the visit has such a function. */
  readonly waitUntil?: WaitUntil
  /** Sends requests to the primary. By default it is the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** The current time in ms. By default it is `Date.now`. */
  readonly now?: () => number
  /** Waits for a time in ms. By default it uses `setTimeout`. */
  readonly sleep?: (ms: number) => Promise<void>
  /** Called with what went wrong in the background or in the cache. By default it is `console.warn`. */
  readonly onProblem?: (problem: unknown) => void
}

export type WaitUntil = (promise: Promise<unknown>) => void

/** Facts about a request that only the platform knows. */
export interface Visit {
  /** The IP address of the client, as the platform has seen it. */
  readonly address?: string | null | undefined
  /** Its country as two letters (ISO 3166-1). */
  readonly country?: string | null | undefined
  readonly waitUntil?: WaitUntil | undefined
}

export type Edge = (request: Request, visit?: Visit) => Promise<Response>

/** The parts of a handler that its files share. */
export interface EdgeParts {
  readonly options: EdgeOptions
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly onProblem: (problem: unknown) => void
  /** Starts work that no response waits for. It outlives the request where the platform allows that. */
  readonly runLater: (visit: Visit, work: () => Promise<void>) => void
}

/** Returns the parts for options. Throws a TypeError for options that cannot work. */
export function buildParts(options: EdgeOptions): EdgeParts {
  if (URL.parse(options.primary) === null) throw new TypeError('`primary` must be a URL.')
  if (!options.token) throw new TypeError('`token` must be the token of an edge.')
  const { now = Date.now, onProblem = (problem) => console.warn(problem) } = options
  const { sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options
  return {
    options,
    now,
    sleep,
    onProblem,
    runLater: (visit, work) => {
      const waitUntil = visit.waitUntil ?? options.waitUntil ?? (() => undefined)
      waitUntil(work().catch(onProblem))
    },
  }
}
