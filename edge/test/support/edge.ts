import { createEdge, type EdgeOptions, memory, type Visit } from '../../src/index.ts'
import { createClock, type TestClock } from './platform.ts'
import { createEdgeToken, primaryUrl } from './primary.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON of the body; null if it is none. */
  readonly json: Readonly<Record<string, unknown>>
  /** Whether the primary had no part in it. */
  readonly isLocal: boolean
}

export interface TestEdge {
  readonly clock: TestClock
  /** The paths of all requests to the primary. */
  readonly sent: string[]
  readonly requests: Request[]
  readonly problems: unknown[]
  /** Cuts the connection to the primary. */
  isCut: boolean
  send(path: string, init?: RequestInit, visit?: Visit): Promise<Answer>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  validate(body: object): Promise<Answer>
  /** Resolves when all work in the background has ended. */
  settle(): Promise<void>
}

let token: string | null = null

const createGroup = () => Math.floor(Math.random() * 0x10000).toString(16)

/** Returns a handler with a clock and a cache of its own, or with those of another one. */
export async function openEdge(
  options: Partial<EdgeOptions> & { readonly clock?: TestClock } = {},
): Promise<TestEdge> {
  token ??= await createEdgeToken()
  const { clock = createClock(), ...rest } = options
  const work: Promise<unknown>[] = []
  // Licet counts guesses by address, so those of one test do not count for the next.
  const address = `2001:db8:${createGroup()}:${createGroup()}::1`
  const edge: TestEdge = {
    clock,
    sent: [],
    requests: [],
    problems: [],
    isCut: false,
    async send(path, init, visit) {
      const before = edge.sent.length
      const waitUntil = (promise: Promise<unknown>) => void work.push(promise)
      const request = new Request(`https://edge.example${path}`, init)
      const response = await handler(request, { waitUntil, address, ...visit })
      const { status, headers } = response
      const text = await response.text()
      const isForwarded = edge.sent.slice(before).some((sent) => !isOwn(sent))
      return { status, headers, text, json: readJson(text), isLocal: !isForwarded }
    },
    post: (path, body, headers) =>
      edge.send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    validate: (body) => edge.post('/api/v1/validate', body),
    async settle() {
      while (work.length > 0) await work.pop()
    },
  }
  const handler = createEdge({
    primary: primaryUrl,
    token,
    cache: memory({ now: clock.now }),
    now: clock.now,
    sleep: async () => undefined,
    onProblem: (problem) => void edge.problems.push(problem),
    fetch: (request) => {
      edge.sent.push(new URL(request.url).pathname)
      edge.requests.push(request.clone())
      return edge.isCut ? Promise.reject(new TypeError('The network is cut.')) : fetch(request)
    },
    ...rest,
  })
  return edge
}

/** Whether a request is one of the handler itself, and not one of an app. */
const isOwn = (path: string) => path === '/api/v1/edge/facts' || path === '/api/v1/edge/usage'

function readJson(text: string): Answer['json'] {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
