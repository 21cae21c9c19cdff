import type { Deps } from '~/deps.ts'
import { hasScope } from '~/domain/api-keys.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { CommandContext } from '~/store/port.ts'
import { presentLicense, presentMaskedLicense } from '~/wire/licenses.ts'
import type { Call, Presentation, RunIdempotently } from './idempotency.ts'
import { requestState } from './requests.ts'

/** The noun that a request works on, as errors name it, and how it becomes a response. */
export interface Resource<Result, View> extends Presentation<Result, View> {
  readonly noun: string
}

/** A resource with the store's function that changes it. */
interface Changeable<Result, View, Decide> extends Resource<Result, View> {
  change(id: string, context: CommandContext<Result>, decide: Decide): Promise<Result | null>
}

type Run<Result> = (context: CommandContext<Result>) => Promise<Result | null>

/** Throws `not_found` for null. */
export function requireFound<Found>(noun: string, found: Found | null): Found {
  if (found === null) throw new Fault('not_found', `No such ${noun}.`)
  return found
}

/** Presents what the store has found. Throws `not_found` for null. */
export async function presentFound<Found, View>(
  { noun, present }: Resource<Found, View>,
  found: Promise<Found | null>,
): Promise<View> {
  return present(requireFound(noun, await found))
}

export type Command = ReturnType<typeof createCommand>

/**
 * Creates the commands of one request, whose scope is already checked. Each runs at most once per
 * `Idempotency-Key`, and throws `not_found` when the store returns null.
 */
export function createCommand(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  runIdempotently: RunIdempotently,
  call: Call,
) {
  const { actor, nowMs, request, set } = call

  /** Shows the full key, for the response to the request that created it. */
  const revealLicense = (record: LicenseRecord) =>
    presentLicense(record, vault.open('license-key', record.license.keySealed), nowMs)

  /** Shows the full key to API keys with `licenses:reveal`, and a masked one to others. */
  const present = (record: LicenseRecord) =>
    hasScope(actor, 'licenses:reveal') ? revealLicense(record) : presentMaskedLicense(record, nowMs)

  /** Returns 200 with the result. */
  async function run<Result, View>(resource: Resource<Result, View>, execute: Run<Result>) {
    const present = presentOnce(resource.present)
    const view = await runIdempotently(call, { ...resource, present }, async (idempotency) => {
      const { id: requestId } = requestState(request)
      const result = await execute({ actor: actor.id, requestId, nowMs, idempotency })
      const found = requireFound(resource.noun, result)
      if (resource.statusOf !== undefined) set.status = resource.statusOf(found)
      return present(found)
    })
    setETag(set.headers, view)
    return view
  }

  /** Changes one resource and returns it. */
  const change = <Result, View, Decide>(
    resource: Changeable<Result, View, Decide>,
    id: string,
    decide: Decide,
  ) => run(resource, (context) => resource.change(id, context, decide))

  return {
    actor,
    nowMs,
    presentLicense: present,
    revealLicense,
    run,
    change,
    /** Changes one license and returns it. */
    license: (id: string, decide: (state: LicenseSnapshot, nowMs: number) => Decision<null>) =>
      run({ noun: 'license', present }, (context) =>
        store.licenses.change(id, { intent: 'none' }, context, (state) => decide(state, nowMs)),
      ),
    /** Returns 201 with the result, unless the resource has another status for it. */
    create: <Result, View>(resource: Resource<Result, View>, create: Run<Result>) => {
      set.status = 201
      return run(resource, create)
    },
    /** Returns 204 without the result. */
    delete: async <Result, Decide>(
      resource: Changeable<Result, unknown, Decide>,
      id: string,
      decide: Decide,
    ) => {
      await change(resource, id, decide)
      set.status = 204
    },
  }
}

/** Presents the same result only once, because presenting a thousand licenses takes long. */
function presentOnce<Result, View>(present: (result: Result) => View): (result: Result) => View {
  let last: { readonly result: Result; readonly view: View } | null = null
  return (result) => {
    if (last === null || last.result !== result) last = { result, view: present(result) }
    return last.view
  }
}

/** Only licenses have a version, which is their ETag. */
function setETag(headers: Call['set']['headers'], view: unknown): void {
  if (typeof view === 'object' && view !== null && 'version' in view) {
    headers.etag = `"${view.version}"`
  }
}
