import { LicetProblem, NoAnswer } from './errors.ts'

/** Has the shape of the global `fetch`. Pass your own to use a proxy or a certificate authority. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>

export interface Call {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly timeoutMs: number
  /** Ends the call at the caller's request: the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Returns the address of a server without a slash at its end. Throws a `TypeError`. */
export function parseServerUrl(text: string): string {
  try {
    const { protocol, origin, pathname, search, hash, username } = new URL(text)
    const isBase = /^https?:$/.test(protocol) && search + hash + username === ''
    if (isBase) return `${origin}${pathname}`.replace(/\/+$/, '')
  } catch {
    // The error below says more.
  }
  throw new TypeError('url must be the address of the server, such as https://licenses.example.com')
}

/** Returns the transport of a client without one of its own. It is looked up at each call. */
export const globalTransport: Transport = (url, init) => fetch(url, init)

/**
 * Sends one request, and returns what `read` makes of the response, all within `timeoutMs`. Throws
 * `NoAnswer` if there is no response, or a redirect, and what `read` throws.
 */
export async function send<Result>(
  transport: Transport,
  call: Call,
  read: (response: Response) => Promise<Result>,
): Promise<Result> {
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
    return await Promise.race([exchange(transport, call, controller.signal).then(read), stopped])
  } catch (error) {
    if (call.signal?.aborted) throw call.signal.reason
    const failure: unknown = controller.signal.aborted ? controller.signal.reason : error
    if (failure instanceof NoAnswer || failure instanceof LicetProblem) throw failure
    throw new NoAnswer('network', 'The server cannot be reached.', { cause: failure })
  } finally {
    clearTimeout(timer)
    call.signal?.removeEventListener('abort', onAbort)
  }
}

async function exchange(transport: Transport, call: Call, signal: AbortSignal): Promise<Response> {
  // Licet never redirects. A captive portal does, and the key must not follow.
  const { method, headers, body } = call
  const init = { method, headers, signal, redirect: 'manual' } as const
  const response = await transport(call.url, body === undefined ? init : { ...init, body })
  const { status } = response
  if (status === 0 || (status >= 300 && status < 400)) {
    await response.body?.cancel()
    throw new NoAnswer('not_licet', 'The address redirects, which Licet never does.', { status })
  }
  return response
}

/** Reads a response of up to `bytesMax` bytes as text. Throws `NoAnswer` if it has more. */
export async function readText(response: Response, bytesMax: number): Promise<string> {
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
