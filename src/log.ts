import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

const BUFFER_BYTES = 8192
const FLUSH_INTERVAL_MS = 250

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
}

/** A log that gathers lines and writes them in groups; `flush` writes what is still held. */
export function createLog({ level, format }: LogOptions): { log: Log; flush: () => void } {
  if (format === 'pretty') {
    const stream = pretty({ ignore: 'pid,hostname', sync: true })
    return { log: create(level, stream), flush: () => undefined }
  }
  const stream = pino.destination({ fd: 1, sync: false, minLength: BUFFER_BYTES })
  const timer = setInterval(() => stream.flush(), FLUSH_INTERVAL_MS)
  timer.unref()
  return {
    log: create(level, stream),
    flush: () => {
      clearInterval(timer)
      stream.flushSync()
    },
  }
}

function create(level: string, stream: DestinationStream): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}
