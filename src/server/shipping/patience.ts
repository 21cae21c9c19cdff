import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'

/** How long a service may take. Bun itself gives up only after many minutes, and cannot be interrupted. */
export interface PatienceLimits {
  /** A service that sends nothing for this long is given up. */
  readonly silenceMaxMs: number
  /** An upload or a download that is slower than this is given up as well. */
  readonly bytesPerSecondMin: number
}

const KIB_BYTES = 1024

export interface Patience {
  /** Waits for a request that sends this many bytes. Throws a Fault if it takes too long. */
  waitFor<Result>(sentBytes: number, send: () => Promise<Result>): Promise<Result>
  /** Reads a stream. Throws a Fault if it stops, or is too slow. */
  read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array>
}

/**
 * Creates the patience with one service. After it was exhausted, all requests fail at once, so that the
 * rest of a backup does not wait again and again.
 */
export function createPatience(target: string, limits: PatienceLimits): Patience {
  const { silenceMaxMs, bytesPerSecondMin } = limits
  let exhausted: Fault | null = null
  const allowMs = (bytes: number) => (bytes * SECOND_MS) / bytesPerSecondMin

  async function limit<Result>(maxMs: number, send: () => Promise<Result>): Promise<Result> {
    if (exhausted !== null) throw exhausted
    const { promise: late, reject } = Promise.withResolvers<never>()
    const giveUp = () => {
      exhausted = tooSlow(target, bytesPerSecondMin)
      reject(exhausted)
    }
    const timer = setTimeout(giveUp, maxMs)
    try {
      return await Promise.race([send(), late])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    waitFor: (sentBytes, send) => limit(silenceMaxMs + allowMs(sentBytes), send),
    async *read(stream) {
      const reader = stream.getReader()
      // Time to spend on waiting: what has arrived earns more, and our own disk costs nothing.
      let leftMs = silenceMaxMs
      try {
        for (;;) {
          const startMs = performance.now()
          const { done, value } = await limit(Math.min(leftMs, silenceMaxMs), () => reader.read())
          if (done) return
          leftMs += allowMs(value.length) - (performance.now() - startMs)
          yield value
        }
      } finally {
        // It may have no end, which must not be waited for.
        void reader.cancel().catch(() => undefined)
      }
    },
  }
}

function tooSlow(target: string, bytesPerSecondMin: number): Fault {
  const rate = `${Math.round(bytesPerSecondMin / KIB_BYTES)} KiB per second`
  const detail = `${target} cannot be used: The service stopped responding, or is slower than ${rate}. Check AWS_ENDPOINT, the network, and the service.`
  return new Fault('unavailable', detail)
}
