import { randomBytes } from 'node:crypto'
import { createBound } from './usage-bound.ts'
import { createCollector } from './usage-collector.ts'
import { createDelivery } from './usage-delivery.ts'
import { createJournal } from './usage-journal.ts'
import type { EdgeUsage, EdgeUsageParts } from './usage-port.ts'
import { createQueue } from './usage-queue.ts'
import { createRefused } from './usage-refused.ts'

/** A kill of the process loses what is not in the journal yet. */
const INTERVAL_MS = 700
const JOURNAL_BYTES_MAX = 67_108_864
/** At the end, what is not delivered by then is left to the next process. */
const LAST_DELIVERY_MS = 2000
const RUN_BYTES = 8

/**
 * Opens the journal of an edge, and begins to collect. Each batch is on disk before it is sent, and
 * deleted once the primary has stored it, in order. A batch whose response was lost is sent again with
 * the same number, so it counts once.
 */
export function createEdgeUsage(
  parts: EdgeUsageParts,
  journalBytesMax = JOURNAL_BYTES_MAX,
): EdgeUsage {
  const { directory, nowMs, onError, onDropped } = parts
  const journal = createJournal(directory)
  const run = randomBytes(RUN_BYTES).toString('hex')
  const refused = createRefused({ journal, onError })
  const queue = createQueue({ journal, refused, run, onError, onDropped })
  const collector = createCollector()
  const delivery = createDelivery({ ...parts, queue, journal })
  const bytesMax = journalBytesMax
  const bound = createBound({ queue, refused, journal, bytesMax, onError, onDropped })
  let storing: Promise<void> = Promise.resolve()
  let isStarted = false
  const timer = setInterval(() => void work(), INTERVAL_MS).unref()

  /** One after the other, because each step changes the queue. */
  function store(mayHold: boolean): Promise<void> {
    for (const collected of collector.takeAll(mayHold)) queue.add(collected)
    storing = storing.then(storeAll).catch(onError)
    return storing
  }

  async function storeAll(): Promise<void> {
    await queue.store()
    if (bound.isExceeded()) await delivery.hold(bound.reduce)
  }

  async function work(): Promise<void> {
    await store(queue.mayHold())
    if (isStarted) await delivery.run()
  }

  const listWaiting = () => [...queue.batches, ...collector.listWaiting()]

  return {
    record: (validation) => {
      // The primary has counted what it has refused.
      if (validation.error === null) collector.add(validation)
    },
    recordSeen: collector.addSeen,
    getDeliveredUntilMs() {
      const now = nowMs()
      // A time in the future is from before the clock was set back, and says nothing.
      const times = listWaiting().map(({ sinceMs }) => (sinceMs > now ? 0 : sinceMs))
      return times.reduce((untilMs, timeMs) => Math.min(untilMs, timeMs), now)
    },
    countWaiting: () => listWaiting().reduce((sum, { count }) => sum + count, 0),
    start: () => {
      isStarted = true
      void work()
    },
    async close() {
      clearInterval(timer)
      await store(false)
      if (isStarted) await Promise.race([delivery.run(), waitUnref(LAST_DELIVERY_MS)])
      delivery.stop()
    },
  }
}

/** Resolves after a time, without keeping the process alive for it. */
const waitUnref = (ms: number) =>
  new Promise<void>((resolve) => void setTimeout(resolve, ms).unref())
