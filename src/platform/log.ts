import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

const LINES_HELD_MAX = 256
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
    const stream = pretty({
      ignore: 'pid,hostname',
      singleLine: true,
      sync: true,
      destination: fileDescriptor,
    })
    return { log: create(level, stream), flush: () => undefined }
  }
  const stream = pino.destination({ fd: fileDescriptor, sync: false })
  let held: string[] = []
  // Handed over one by one, lines would cost a sixth of all that a validation takes.
  const handOver = () => {
    if (held.length > 0) stream.write(held.join(''))
    held = []
  }
  const write = (line: string) => {
    if (held.push(line) === LINES_HELD_MAX) handOver()
  }
  const timer = setInterval(handOver, FLUSH_INTERVAL_MS)
  timer.unref()
  const flush = () => {
    clearInterval(timer)
    handOver()
    stream.flushSync()
  }
  process.once('exit', flush)
  return { log: create(level, { write }), flush }
}

function create(level: string, stream: DestinationStream): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}
