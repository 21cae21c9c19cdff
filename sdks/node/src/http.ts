import { NoAnswer } from './errors.ts'

/** A response may have up to this many bytes, unless a call says otherwise. */
const RESPONSE_BYTES_MAX = 1024 * 1024
const NO_ANSWER_STATUSES = new Set([408, 425, 429])

/** Has the shape of the global `fetch`. Pass your own to use a proxy or a certificate authority. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>

export interface Call {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly bytesMax?: number
  /** Ends the call at the caller's request: the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/**
 * Sends one request and reads the whole response, within `timeoutMs`. Throws `NoAnswer` if there is no
 * response, or one that decides nothing: 408, 425, 429, 5xx, a redirect, or too many bytes.
 */
export async function send(transport: Transport, call: Call): Promise<Reply> {
  call.signal?.throwIfAborted()
  const controller = new AbortController()
  const stopped = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
  })
  const onAbort = () => controller.abort(call.signal?.reason)
  call.signal?.addEventListener('abort', onAbort)
  const timer = setTimeout(() => {
    controller.abort(new NoAnswer('timeout', `No answer within ${call.timeoutMs} ms.`))
  }, call.timeoutMs)
  try {
    // A transport may ignore its signal, so the race ends the wait in any case.
    return await Promise.race([exchange(transport, call, controller.signal), stopped])
  } catch (error) {
    if (call.signal?.aborted) throw call.signal.reason
    const failure: unknown = controller.signal.aborted ? controller.signal.reason : error
    if (failure instanceof NoAnswer) throw failure
    throw new NoAnswer('network', 'The server cannot be reached.', { cause: failure })
  } finally {
    clearTimeout(timer)
    call.signal?.removeEventListener('abort', onAbort)
  }
}

async function exchange(transport: Transport, call: Call, signal: AbortSignal): Promise<Reply> {
  // Licet never redirects. A captive portal does, and the key must not follow.
  const { method, headers = {}, body } = call
  const init = { method, headers, signal, redirect: 'manual' } as const
  const response = await transport(call.url, body === undefined ? init : { ...init, body })
  const { status } = response
  if (status >= 500 || NO_ANSWER_STATUSES.has(status)) {
    await response.body?.cancel()
    const retryAfterMs = readRetryAfter(response.headers)
    throw new NoAnswer('status', `The server answered ${status}.`, { status, retryAfterMs })
  }
  if (status === 0 || (status >= 300 && status < 400)) {
    await response.body?.cancel()
    throw new NoAnswer('not_licet', 'The address redirects, which Licet never does.', { status })
  }
  return { status, headers: response.headers, text: await readText(response, call.bytesMax) }
}

async function readText(response: Response, bytesMax = RESPONSE_BYTES_MAX): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const reader = response.body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    if (bytes > bytesMax) {
      await reader.cancel()
      throw new NoAnswer('too_large', `The response has more than ${bytesMax} bytes.`)
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}

/** Returns the milliseconds of a Retry-After in seconds or as a date; null without one. */
function readRetryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim() ?? ''
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
