import { cutText } from '~/domain/text.ts'
import type { EdgeFacts } from '~/wire/edge-facts.ts'
import type { EdgeParts, Visit } from './options.ts'
import type { Primary } from './primary.ts'
import type { Validation } from './validations.ts'

/** Validations of this time are posted together. A platform stops a machine soon after its last response. */
const PAUSE_MS = 1000
/** After that, the platform has stopped the work that was to post a batch. */
const STALLED_MS = 10_000
const BATCH_MAX = 500
/** More is not recorded. The primary takes no more at once. */
const WAITING_MAX = 5000
const VERSION_MAX = 64

export interface Usage {
  /** Records a valid answer in memory. It is posted in the background, and lost if that fails. */
  record(facts: EdgeFacts, validation: Validation, visit: Visit): void
}

export function createUsage({ now, sleep, runLater }: EdgeParts, primary: Primary): Usage {
  let waiting: Entry[] = []
  let postsUntilMs = 0

  async function post(): Promise<void> {
    if (waiting.length < BATCH_MAX) await sleep(PAUSE_MS)
    const batch = waiting
    waiting = []
    postsUntilMs = 0
    if (batch.length > 0) await primary.postUsage(presentBatch(batch))
  }

  return {
    record(facts, validation, visit) {
      if (waiting.length >= WAITING_MAX) return
      waiting.push({ facts, validation, visit, atMs: now() })
      if (now() < postsUntilMs && waiting.length % BATCH_MAX !== 0) return
      postsUntilMs = now() + STALLED_MS
      runLater(visit, post)
    },
  }
}

interface Entry {
  readonly facts: EdgeFacts
  readonly validation: Validation
  readonly visit: Visit
  readonly atMs: number
}

/** Presents validations as a batch without a number, because it is never sent again. */
function presentBatch(batch: readonly Entry[]) {
  const seen = batch.flatMap(({ facts: { domain, device }, atMs }) =>
    [domain, device].flatMap((activation) => (activation === null ? [] : [[activation.id, atMs]])),
  )
  return { run: crypto.randomUUID(), batch: null, entries: batch.map(presentEntry), seen }
}

/** Returns the parts in the order of the primary, without an error, because all of them were valid. */
function presentEntry({ facts, validation, visit, atMs }: Entry) {
  const { hostname, fingerprint = null, version } = validation
  const { country = null, address = null } = visit
  const host = hostname?.host ?? null
  const activated = facts.domain?.value ?? null
  const cut = version === null ? null : cutText(version, VERSION_MAX)
  const times = [atMs, atMs, 1, null]
  return [facts.license.id, ...times, country, activated, host, fingerprint, address, cut]
}
