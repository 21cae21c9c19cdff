import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

const BUFFER_BYTES = 8192
const FLUSH_INTERVAL_MS = 250

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** 1 for a server, 2 for a command, whose standard output is its answer. */
  readonly fileDescriptor: 1 | 2
}

/** A log that gathers lines and writes them in groups; `flush` writes what is still held. */
export function createLog(options: LogOptions): { log: Log; flush: () => void } {
  const { level, format, fileDescriptor } = options
  if (format === 'pretty') {
    const stream = pretty({ ignore: 'pid,hostname', sync: true, destination: fileDescriptor })
    return { log: create(level, stream), flush: () => undefined }
  }
  const stream = pino.destination({ fd: fileDescriptor, sync: false, minLength: BUFFER_BYTES })
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
