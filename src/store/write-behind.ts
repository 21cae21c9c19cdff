/** What a power cut may take; and what is written less often than it comes is written together. */
const FLUSH_INTERVAL_MS = 900

export interface WriteBehindOptions<Batch> {
  readonly empty: () => Batch
  readonly isEmpty: (batch: Batch) => boolean
  /** Puts the newer batch on top of the older one, and answers that. */
  readonly merge: (older: Batch, newer: Batch) => Batch
  /** Calls `take` once, when what it writes may leave memory; returns it by rejecting. */
  readonly write: (take: () => Batch) => Promise<void>
  /** Hears of writes that failed with nobody waiting for them; they are tried again. */
  readonly onError: (error: unknown) => void
}

export interface WriteBehind<Batch> {
  /** What is gathered now. */
  readonly batch: () => Batch
  /** All that may not be written yet: what is gathered, and before it what is being written. */
  readonly waiting: () => readonly Batch[]
  /** To be called whenever something was added to the batch. */
  touch(): void
  flush(): Promise<void>
}

/** Gathers in memory and writes in groups, one group at a time. */
export function createWriteBehind<Batch>(options: WriteBehindOptions<Batch>): WriteBehind<Batch> {
  const { empty, isEmpty, merge, write, onError } = options
  let batch = empty()
  let underWay: Batch | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushing: Promise<void> = Promise.resolve()

  function touch(): void {
    if (timer !== null) return
    timer = setTimeout(() => {
      flush().catch(onError)
    }, FLUSH_INTERVAL_MS)
    timer.unref()
  }

  async function writeBatch(): Promise<void> {
    if (isEmpty(batch)) return
    try {
      await write(() => {
        underWay = batch
        batch = empty()
        return underWay
      })
    } catch (error) {
      if (underWay !== null) batch = merge(underWay, batch)
      touch()
      throw error
    } finally {
      underWay = null
    }
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    flushing = flushing.catch(() => undefined).then(writeBatch)
    return flushing
  }

  const waiting = () => (underWay === null ? [batch] : [underWay, batch])

  return { batch: () => batch, waiting, touch, flush }
}
