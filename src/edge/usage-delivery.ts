import type { Journal } from './usage-journal.ts'
import type { EdgeUsageParts } from './usage-port.ts'
import type { Queue, Queued } from './usage-queue.ts'

/** After a failure, the primary is left alone for this long, twice as long each time. */
const PAUSE_FIRST_MS = 1000
const PAUSE_MAX_MS = 10_000
/** The primary will never accept such a batch, so the others do not wait for it. */
const REFUSALS: readonly number[] = [400, 413, 422]

interface Parts extends Pick<EdgeUsageParts, 'post' | 'onError'> {
  readonly queue: Queue
  readonly journal: Journal
}

/** Sends the batches of the queue in order, one at a time. */
export function createDelivery({ queue, journal, post, onError }: Parts) {
  let running: Promise<void> | null = null
  let isStopped = false
  let isHeld = false
  const pauses = createPauses(onError)

  async function sendAll(): Promise<void> {
    while (!isStopped && !isHeld && pauses.areOver()) {
      const [batch] = queue.batches
      if (batch === undefined || !queue.isReady(batch)) return
      await send(batch).catch(pauses.begin)
    }
  }

  /** Removes the batch once it is delivered, or never will be. Throws if it has to be sent again. */
  async function send(batch: Queued): Promise<void> {
    const body = batch.body ?? (await readOrSetAside(batch))
    if (body === null) return
    batch.isSent = true
    const response = await post('/usage', body)
    // Read, so that the connection can be used again.
    const text = await response.text()
    if (REFUSALS.includes(response.status)) {
      await queue.setAside(batch, `the primary responds ${response.status} ${text}`)
    } else if (response.status !== 200) {
      throw new Error(`The primary does not store usage: it responds ${response.status}.`)
    } else await queue.remove(batch)
    pauses.reset()
  }

  async function readOrSetAside(batch: Queued): Promise<string | null> {
    try {
      return await journal.read(batch)
    } catch (error) {
      await queue.setAside(batch, `its file cannot be read (${error})`)
      return null
    }
  }

  return {
    /** Resolves when everything is delivered, or after a failure. */
    run(): Promise<void> {
      running ??= sendAll().finally(() => {
        running = null
      })
      return running
    },
    /** Runs a step that changes the queue while nothing is being sent. */
    async hold(step: () => Promise<void>): Promise<void> {
      isHeld = true
      try {
        await running
        await step()
      } finally {
        isHeld = false
      }
    },
    stop: (): void => {
      isStopped = true
    },
  }
}

/** Waits longer after each failure in a row, and reports the first. */
function createPauses(onError: (error: unknown) => void) {
  let pauseMs = 0
  let untilMs = 0
  return {
    areOver: () => performance.now() >= untilMs,
    begin: (error: unknown): void => {
      if (pauseMs === 0) onError(error)
      pauseMs = Math.min(Math.max(2 * pauseMs, PAUSE_FIRST_MS), PAUSE_MAX_MS)
      untilMs = performance.now() + pauseMs
    },
    reset: (): void => {
      pauseMs = 0
    },
  }
}
