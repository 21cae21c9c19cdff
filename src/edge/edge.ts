import { randomBytes } from 'node:crypto'
import type { Deps } from '~/deps.ts'
import type { EdgeConfig } from '~/platform/config-edge.ts'
import type { EdgeMetrics } from '~/platform/edge-metrics.ts'
import type { Log } from '~/platform/log.ts'
import { parseFacts } from '~/wire/edge-facts.ts'
import { createPrimaryClock } from './clock.ts'
import { createFacts, type FactsRequest } from './facts.ts'
import { createFeed } from './feed.ts'
import { createFigures } from './figures.ts'
import { createGuesses } from './guesses.ts'
import { createLease, DRIFT } from './lease.ts'
import { createPrimary, isOutage } from './primary.ts'
import type { EdgeUsage, EdgeUsageParts } from './usage-port.ts'

export interface EdgeDeps {
  /** See `takeProcessName`. */
  readonly processName: string
  readonly config: EdgeConfig
  readonly log: Log
  readonly logRequest: Deps['logRequest']
  readonly metrics: EdgeMetrics
  readonly findCountry: Deps['findCountry']
  readonly openUsage: (parts: EdgeUsageParts) => EdgeUsage
}

export type Edge = ReturnType<typeof createEdge>

/** Creates the parts of an edge. The feed is not started, so nothing is answered from memory yet. */
export function createEdge({ openUsage, ...deps }: EdgeDeps) {
  const { config, log, metrics } = deps
  // The primary counts the whole of it, by a clock that may be faster.
  const staleMs = config.staleMs * (1 - DRIFT)
  const onError = (error: unknown) => {
    if (isOutage(error))
      log.warn({ reason: error.message }, 'usage waits until it can be delivered')
    else log.error({ err: error }, 'error in the background')
  }
  const primary = createPrimary({ url: config.primaryUrl, token: config.token })
  const clock = createPrimaryClock()
  const lease = createLease()
  const guesses = createGuesses()
  const figures = createFigures()
  const facts = createFacts({
    licensesMax: config.cacheMax,
    ttlMs: config.cacheTtlSeconds * 1000,
    read: (request) => readFacts(primary.post, request),
    nowMs: clock.nowMs,
    onError: (error) => log.debug({ err: error }, 'facts could not be read'),
  })
  const usage = openUsage({
    directory: config.dataDir,
    nowMs: clock.nowMs,
    post: primary.post,
    onError,
    onDropped: (count) => metrics.droppedValidations.inc(count),
  })
  const { getDeliveredUntilMs } = usage
  const known = {
    apply: (set: Parameters<typeof facts.apply>[0]) => {
      guesses.forget()
      facts.apply(set)
    },
    clear: facts.clear,
  }
  const feed = createFeed({
    process: deps.processName,
    primary,
    facts: known,
    lease,
    clock,
    log,
    staleMs,
    staleMsMax: config.staleMs,
    getDeliveredUntilMs,
  })
  metrics.watch({ figures, facts, lease, usage })
  /** Keys are found by a hash under a secret that exists only in the memory of this process. */
  const hasher = new Bun.CryptoHasher('sha256', randomBytes(32))
  const hashKey = (text: string) => hasher.copy().update(text).digest('base64url')
  const parts = { primary, clock, lease, guesses, figures, facts, usage, feed, staleMs }
  return { ...deps, ...parts, hashKey, vault: { hashKey } }
}

/** Returns null for facts that must not be kept, and in a format of another version. */
async function readFacts(
  post: (path: string, body: string) => Promise<Response>,
  { key, domain, query, keyHash }: FactsRequest,
) {
  const { fingerprint } = query
  const response = await post('/facts', JSON.stringify({ key, domain, fingerprint }))
  return response.status === 200 ? parseFacts(await response.json(), keyHash) : null
}
