import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { createLogWriter } from './log-writer.ts'
import { createFastRequestLog, createRequestLog } from './request-log.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** 1 for the server; 2 for a command, because standard output is for its result. */
  readonly fileDescriptor: 1 | 2
}

/** Creates a log that writes its lines in batches. `flush` writes the buffered lines and stops. */
export function createLog({ level, format, fileDescriptor }: LogOptions) {
  const writer = createLogWriter(fileDescriptor, (lines) =>
    log.warn({ lines }, 'log lines were dropped, because nothing read them'),
  )
  const prettify = prettyFactory({ ignore: 'pid,hostname', singleLine: true })
  const write =
    format === 'json' ? writer.write : (line: string) => writer.write(prettify(line) ?? '')
  const formatters = { level: (label: string) => ({ level: label }) }
  const log = pino(
    { level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime },
    { write },
  )
  const isFast = format === 'json' && log.isLevelEnabled('info')
  const logRequest = isFast ? createFastRequestLog(writer.write) : createRequestLog(log)
  return { log, logRequest, flush: writer.flush }
}
