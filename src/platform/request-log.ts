import type { Log } from './log.ts'

/** A request in the log. The route is a pattern, so that no key or address is in it. */
export interface RequestLine {
  readonly requestId: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly durationMs: number
}

export type LogRequest = (line: RequestLine) => void

/** Returns a function that logs requests like everything else. */
export function createRequestLog(log: Log): LogRequest {
  return ({ requestId, method, route, status, durationMs }) =>
    log.info({ request_id: requestId, method, route, status, ms: round(durationMs) }, 'request')
}

/**
 * Returns a function that writes the same JSON, in a tenth of the time. The values need no escapes: IDs
 * and methods have none of the characters that do, and routes are our own.
 */
export function createFastRequestLog(write: (line: string) => void): LogRequest {
  let lastMs = 0
  let time = ''
  return ({ requestId, method, route, status, durationMs }) => {
    const nowMs = Date.now()
    if (nowMs !== lastMs) time = new Date(nowMs).toISOString()
    lastMs = nowMs
    write(
      `{"level":"info","time":"${time}","request_id":"${requestId}","method":"${method}","route":"${route}","status":${status},"ms":${round(durationMs)},"msg":"request"}\n`,
    )
  }
}

const round = (durationMs: number) => Math.round(durationMs * 1000) / 1000
