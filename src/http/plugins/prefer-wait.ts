import { Fault } from '~/domain/faults.ts'
import { SECOND_MS, toTimestamp } from '~/domain/times.ts'
import type { EdgeBoard } from '../edge/board.ts'

const WAIT_SECONDS_MAX = 60
const WAIT_SECONDS_DEFAULT = 5
/** The parts between commas that are not in quotes. */
const PREFERENCES = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g
const WAIT = /^\s*wait\s*(?:=\s*([^;]*?)\s*)?(?:;.*)?$/i
const SECONDS = /^(?:\d{1,9}|"\d{0,9}")$/

/** A response that waits for the edges. */
interface Waiting {
  readonly request: Request
  readonly set: { readonly headers: Record<string, unknown> }
  readonly server: {
    readonly timeout: (request: Request, seconds: number) => unknown
  } | null
}

/**
 * Returns for how many seconds the response to a command waits until edges have its change, as the
 * header `Prefer: wait=5` says (RFC 7240, §4.3); null without one. Throws a Fault if it is malformed.
 */
export function parseWait({ method, headers }: Request): number | null {
  const prefer = method === 'GET' ? null : headers.get('prefer')
  // Of several, the first one counts, and servers ignore preferences that they do not know.
  const wait = prefer
    ?.match(PREFERENCES)
    ?.find((preference) => /^\s*wait\s*(?:[=;]|$)/i.test(preference))
  if (wait === undefined) return null
  const text = WAIT.exec(wait)?.[1] ?? '""'
  const seconds = text === '""' ? WAIT_SECONDS_DEFAULT : Number(text.replaceAll('"', ''))
  if (SECONDS.test(text) && seconds <= WAIT_SECONDS_MAX) return seconds
  throw new Fault(
    'invalid_request',
    `The wait of a Prefer header is a whole number of seconds from 0 to ${WAIT_SECONDS_MAX}, such as Prefer: wait=5.`,
  )
}

/** Returns a function that delays the response to a command until all edges have its change. */
export const createWaitForEdges =
  (board: EdgeBoard) =>
  async ({ request, set, server }: Waiting): Promise<void> => {
    const seconds = parseWait(request)
    if (seconds === null) return
    // It may be longer than connections may be idle.
    server?.timeout(request, 0)
    const { reached, edges, untilMs } = await board.waitForEdges(seconds * SECOND_MS)
    set.headers['preference-applied'] = `wait=${seconds}`
    set.headers['licet-edges'] = `${reached}/${edges}`
    if (untilMs !== null) set.headers['licet-edges-until'] = roundUp(untilMs)
  }

/** A time has whole seconds, and the promise must not end before it is true. */
const roundUp = (timeMs: number) => toTimestamp(Math.ceil(timeMs / SECOND_MS) * SECOND_MS)
