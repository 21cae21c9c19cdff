import { randomBytes } from 'node:crypto'
import { reasonOf } from '~/domain/faults.ts'
import { FORWARDED } from '~/http/edge/forward.ts'
import { isOfServer } from '~/wire/server-responses.ts'

/** The connection to the primary: requests with the token of the edge, and whether they get through. */
export type Primary = ReturnType<typeof createPrimary>

/** Longer than any request of an app takes. Afterwards, the primary counts as unreachable. */
const TIMEOUT_MS = 3000
const RUN_BYTES = 8
/** One failed poll may be a connection that was closed just then. */
const FAILURES_MAX = 2

interface PrimaryParts {
  /** The address of the primary, without a slash at its end. */
  readonly url: string
  readonly token: string
}

/** Whether the primary does not respond, or rejects the token of this edge. */
export type Outage = 'unreachable' | 'rejected'

/** A response whose body has arrived. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** The primary did not respond, or something in front of it did instead. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The primary does not know the token, which may have been revoked. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError'
}

/** Whether there was no response, or a refusal of the token. Each of them ends by itself or by the operator. */
export const isOutage = (error: unknown): error is UnreachableError | RejectedError =>
  error instanceof UnreachableError || error instanceof RejectedError

export function createPrimary({ url, token }: PrimaryParts) {
  const credential = { authorization: `Bearer ${token}` }
  const createForwardId = createNumberedIds()
  let failures = 0
  /** While there is one, nothing is sent, so that no other app waits for a timeout, until a poll gets through. */
  let outage: Outage | null = null

  async function send(path: string, init: RequestInit): Promise<Reply> {
    const reply = await read(url + path, init).catch((cause) => {
      throw new UnreachableError(`The primary does not respond: ${reasonOf(cause)}`, { cause })
    })
    const { status } = reply
    if (reply.headers.has(FORWARDED)) return reply
    if (!isOfServer(reply)) {
      throw new UnreachableError(`The primary is not there: its address returns ${status}.`)
    }
    // Nothing else would get through either, until a poll does.
    if (status === 401) outage = 'rejected'
    if (status === 401) throw new RejectedError('The primary rejects LICET_EDGE_TOKEN.')
    if (status === 421) throw new UnreachableError(notServed)
    return reply
  }

  /** Posts JSON to `/api/v1/edge` + path. Rejects if there is no response of the primary. */
  async function post(path: string, body: string): Promise<Response> {
    const headers = { ...credential, 'content-type': 'application/json' }
    const { status, bytes } = await send(`/api/v1/edge${path}`, { method: 'POST', body, headers })
    return new Response(bytes, { status })
  }

  return {
    url,
    /** Returns why nothing is sent at the moment; null if requests are. */
    getOutage: () => outage,
    post,
    /**
     * Sends a request on behalf of an app. If the connection is reset, as servers do with idle ones, it is
     * sent again over a new one: the primary runs an ID once. After a timeout, the primary counts as
     * unreachable.
     */
    async forward(path: string, init: RequestInit & { readonly headers: Headers }): Promise<Reply> {
      init.headers.set('authorization', credential.authorization)
      init.headers.set('licet-forward-id', createForwardId())
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const attempt = (keepalive: boolean) =>
        send(`/api/v1/edge/forward${path}`, { ...init, keepalive, signal })
      try {
        return await attempt(true).catch((error) => {
          if (isReset(error)) return attempt(false)
          throw error
        })
      } catch (error) {
        if (isTimeout(error)) outage ??= 'unreachable'
        throw error
      }
    },
    /** Polls the feed, whose response says whether the primary is reachable. */
    async poll(query: URLSearchParams, signal?: AbortSignal): Promise<Reply> {
      try {
        const init = { headers: credential, signal: signal ?? null }
        const reply = await send(`/api/v1/edge/feed?${query}`, init)
        if (reply.status === 404) throw new UnreachableError(noFeed)
        failures = 0
        outage = null
        return reply
      } catch (error) {
        failures += 1
        const isRejected = error instanceof RejectedError
        if (failures >= FAILURES_MAX && !isRejected) outage = 'unreachable'
        throw error
      }
    },
  }
}

const notServed =
  'The address of --primary is that of another edge, or a name that LICET_ALLOWED_HOSTS of the primary lacks.'
const noFeed =
  'The address of --primary has no feed for edges. Is its path right, and is the primary as new as this edge?'

/** Reads the whole response within the same time limit. */
async function read(url: string, init: RequestInit): Promise<Reply> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  const response = await fetch(url, { ...init, redirect: 'manual', signal })
  const { status, headers } = response
  return { status, headers, bytes: await response.bytes() }
}

/** Returns a function that returns a new text each time, which no other process has ever returned. */
function createNumberedIds(): () => string {
  const run = randomBytes(RUN_BYTES).toString('hex')
  let count = 0
  return () => {
    count += 1
    return `${run}-${count}`
  }
}

const isReset = (error: unknown) =>
  error instanceof UnreachableError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ECONNRESET'

const isTimeout = (error: unknown) =>
  error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutError'
