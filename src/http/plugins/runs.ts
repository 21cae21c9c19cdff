import { Fault } from '~/domain/faults.ts'
import type { CommandContext } from '~/store/port.ts'
import { runInTurns, type Steps, takeOneStep } from '~/turns.ts'
import type { Call, Replayable, RunIdempotently } from './idempotency.ts'
import { requestState } from './requests.ts'

/** The noun that a request works on, as errors name it, and how it becomes a response. */
export interface Resource<Result, View> {
  readonly noun: string
  /** The status of the response, if it depends on the result. */
  readonly statusOf?: (result: Result) => number
  /** Set if the command acts before its transaction, for example by sending an email. */
  readonly actsBefore?: boolean
  readonly present: (result: Result) => View
  /** Removes the secrets from a response that is stored for replays. */
  readonly redact?: (view: View) => View
}

/** The same for a result that is a list. */
export interface ListResource<Item> {
  readonly noun: string
  readonly statusOf?: (items: readonly Item[]) => number
  readonly presentItem: (item: Item) => unknown
}

export type Run<Result> = (context: CommandContext<Result>) => Promise<Result | null>

/** Throws `not_found` for null. */
export function requireFound<Found>(noun: string, found: Found | null): Found {
  if (found === null) throw new Fault('not_found', `No such ${noun}.`)
  return found
}

/** Returns the origin of what a request does, and how to store its response. */
export function contextOf<Result>(
  { caller, address, nowMs, request }: Call,
  idempotency: CommandContext<Result>['idempotency'],
): CommandContext<Result> {
  const { id: requestId } = requestState(request)
  return { actor: caller.actor, address, requestId, nowMs, idempotency }
}

/** Creates the functions that run a command of one request and present its result. */
export function createRuns(runIdempotently: RunIdempotently, call: Call) {
  const { set } = call

  function execute<Result, View>(
    noun: string,
    replayable: Replayable<Result, View>,
    run: Run<Result>,
  ): Promise<View> {
    const { statusOf } = replayable
    const present = presentOnce(replayable.present)
    return runIdempotently(call, { ...replayable, present }, async (idempotency) => {
      const found = requireFound(noun, await run(contextOf(call, idempotency)))
      if (statusOf !== undefined) set.status = statusOf(found)
      return runInTurns(present(found))
    })
  }

  /** Returns 200 with the result. */
  async function run<Result, View>(resource: Resource<Result, View>, run: Run<Result>) {
    const { noun, present, redact = (view) => view } = resource
    const replayable: Replayable<Result, View> = {
      ...resource,
      present: (result) => takeOneStep(() => present(result)),
      write: (view) => JSON.stringify(redact(view)),
      read: JSON.parse,
    }
    const view = await execute(noun, replayable, run)
    setETag(set.headers, view)
    return view
  }

  /** Returns 200 with a list of the results. */
  async function runMany<Item>(resource: ListResource<Item>, run: Run<readonly Item[]>) {
    const { noun, presentItem } = resource
    const replayable: Replayable<readonly Item[], string> = {
      ...resource,
      present: (items) => writeList(items, presentItem),
      write: (text) => text,
      read: (text) => text,
    }
    const text = await execute(noun, replayable, run)
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  }

  return { run, runMany }
}

/** Presents a result only once, although it is stored and returned. */
function presentOnce<Result, View>(
  present: (result: Result) => Steps<View>,
): (result: Result) => Steps<View> {
  let last: { readonly result: Result; readonly view: View } | null = null
  return function* (result) {
    if (last === null || last.result !== result) last = { result, view: yield* present(result) }
    return last.view
  }
}

/** Writes JSON in steps, because a thousand licenses with much metadata take long. */
function* writeList<Item>(
  items: readonly Item[],
  presentItem: (item: Item) => unknown,
): Steps<string> {
  const texts: string[] = []
  for (const item of items) {
    texts.push(JSON.stringify(presentItem(item)))
    yield
  }
  return `{"data":[${texts}]}`
}

/** Only licenses have a version, which is their ETag. */
function setETag(headers: Call['set']['headers'], view: unknown): void {
  if (typeof view === 'object' && view !== null && 'version' in view) {
    headers.etag = `"${view.version}"`
  }
}
