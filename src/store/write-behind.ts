/** What a power cut may take; and what is written less often than it comes is written together. */
const FLUSH_INTERVAL_MS = 900

export interface WriteBehindOptions<Batch> {
  readonly empty: () => Batch
  readonly isEmpty: (batch: Batch) => boolean
  /** A batch that failed is written again, the same, before the next. */
  readonly write: (batch: Batch) => Promise<void>
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
  /** A last flush, after which nothing is written any more. */
  stop(): Promise<void>
}

/** Gathers in memory and writes in groups, one group at a time. */
export function createWriteBehind<Batch>(options: WriteBehindOptions<Batch>): WriteBehind<Batch> {
  const { empty, isEmpty, write, onError } = options
  let batch = empty()
  let underWay: Batch | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushing: Promise<void> = Promise.resolve()
  let isStopped = false

  function touch(): void {
    if (timer !== null || isStopped) return
    timer = setTimeout(() => {
      flush().catch(onError)
    }, FLUSH_INTERVAL_MS)
    timer.unref()
  }

  /** What failed before, then what was gathered; not what comes meanwhile, which gathers on. */
  async function writeAll(): Promise<void> {
    if (underWay !== null) await writeBatch(underWay)
    if (isEmpty(batch)) return
    underWay = batch
    batch = empty()
    await writeBatch(underWay)
  }

  async function writeBatch(next: Batch): Promise<void> {
    try {
      await write(next)
      underWay = null
    } catch (error) {
      touch()
      throw error
    }
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    flushing = flushing.catch(() => undefined).then(writeAll)
    return flushing
  }

  function stop(): Promise<void> {
    const last = flush()
    isStopped = true
    return last
  }

  const waiting = () => (underWay === null ? [batch] : [underWay, batch])

  return { batch: () => batch, waiting, touch, flush, stop }
}
