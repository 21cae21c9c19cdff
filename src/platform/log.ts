import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

const BUFFERED_LINES_MAX = 256
const FLUSH_INTERVAL_MS = 250

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** 1 for the server; 2 for a command, because standard output is for its result. */
  readonly fileDescriptor: 1 | 2
}

/** Creates a log that writes its lines in batches. `flush` writes the buffered lines and stops. */
export function createLog(options: LogOptions): { log: Log; flush: () => void } {
  const { level, format, fileDescriptor } = options
  if (format === 'pretty') {
    const stream = pretty({
      ignore: 'pid,hostname',
      singleLine: true,
      sync: true,
      destination: fileDescriptor,
    })
    return { log: createLogger(level, stream), flush: () => undefined }
  }
  const stream = pino.destination({ fd: fileDescriptor, sync: false })
  let buffer: string[] = []
  // Written one by one, lines would take a sixth of the time of a validation.
  const writeBuffer = () => {
    if (buffer.length > 0) stream.write(buffer.join(''))
    buffer = []
  }
  const write = (line: string) => {
    if (buffer.push(line) === BUFFERED_LINES_MAX) writeBuffer()
  }
  const timer = setInterval(writeBuffer, FLUSH_INTERVAL_MS)
  timer.unref()
  const flush = () => {
    clearInterval(timer)
    writeBuffer()
    stream.flushSync()
  }
  process.once('exit', flush)
  return { log: createLogger(level, { write }), flush }
}

function createLogger(level: string, stream: DestinationStream): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}
