import { treaty } from '@elysiajs/eden'
import type { App } from '~/server/app.ts'

/** Called when the session has ended. Resolves once somebody has signed in again. */
let waitForSignIn: () => Promise<void> = () => Promise.reject(new Problem(401, {}))

/** Sets what happens when the session has ended. The failed request is then sent once more. */
export function onSessionEnd(wait: () => Promise<void>): void {
  waitForSignIn = wait
}

async function fetchOnceMore(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  const path = new URL(response.url || location.href).pathname
  // To sign in with a wrong key or code is no end of a session.
  if (response.status !== 401 || path.endsWith('/session')) return response
  await waitForSignIn()
  return fetch(input, init)
}

const server = treaty<App>(location.origin, {
  parseDate: false,
  fetcher: Object.assign(fetchOnceMore, { preconnect: () => undefined }),
})

/** The API of this server, with the types of its routes. Requests carry the cookie of the session. */
export const api = server.api.v1

/** The health check of this server. */
export const readyz = server.readyz

/** The fields of a problem document (RFC 9457) that the pages show. */
interface ProblemBody {
  readonly code?: string
  readonly detail?: string
  readonly request_id?: string
  readonly errors?: readonly FieldError[]
  readonly details?: Readonly<Record<string, unknown>>
}

export interface FieldError {
  /** A JSON pointer into the body, such as `/customer_email`. */
  readonly pointer: string
  readonly detail: string
}

/** A request that failed: the server's problem document, or status 0 if the server did not answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly requestId: string | null
  readonly errors: readonly FieldError[]
  readonly details: Readonly<Record<string, unknown>>

  constructor(status: number, problem: ProblemBody) {
    const { code = '', detail, request_id, errors = [], details = {} } = problem
    super(detail ?? `The server answered with status ${status}. Try again in a moment.`)
    this.status = status
    this.code = code
    this.requestId = request_id ?? null
    this.errors = errors
    this.details = details
  }
}

export interface Answer<Data> {
  readonly data: Data | null
  readonly error: { readonly status: unknown; readonly value: unknown } | null
}

/** Returns the data of a call of `api`. Throws a Problem if it failed. */
export async function call<Data>(answer: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error } = await answer.catch((cause) => {
    throw toProblem(cause)
  })
  if (error !== null) throw toProblem(error)
  // Without a body, such as that of a 204, there is no data either.
  return (data ?? {}) as NonNullable<Data>
}

/** More than anyone has of what is listed whole, such as plans. */
const LISTED_MAX = 2000

interface ListPage<Item> {
  readonly data: readonly Item[]
  readonly next_cursor: string | null
}

/** Returns all entries of a list that is short, up to 2,000. `list` asks for one page. */
export async function callAll<Item>(
  list: (query: { limit: string; cursor?: string }) => Promise<Answer<ListPage<Item>>>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let cursor: string | null = ''; cursor !== null && items.length < LISTED_MAX; ) {
    const page: ListPage<Item> = await call(list({ limit: '100', ...(cursor && { cursor }) }))
    items.push(...page.data)
    cursor = page.next_cursor
  }
  return items
}

/** Turns whatever was thrown into a Problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isAnswerError(error)) {
    return new Problem(error.status, isObject(error.value) ? error.value : {})
  }
  return new Problem(0, {
    detail: 'The server cannot be reached. Check your connection, then try again.',
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function isAnswerError(
  error: unknown,
): error is { readonly status: number; readonly value: unknown } {
  return isObject(error) && 'status' in error && typeof error.status === 'number'
}
