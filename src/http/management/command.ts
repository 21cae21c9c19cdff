import { status } from 'elysia'
import type { Deps } from '~/deps.ts'
import { hasScope } from '~/domain/api-keys.ts'
import type { Decision } from '~/domain/decisions.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { CommandContext } from '~/store/port.ts'
import { presentLicense, presentMaskedLicense } from '~/wire/licenses.ts'
import type { Call, Presentation, RunIdempotently } from '../plugins/idempotency.ts'
import { requestState } from '../plugins/requests.ts'
import { revealKey } from './license-keys.ts'
import { type Noun, requireFound } from './require-found.ts'

/** The noun that a command works on, and how its result becomes a response. */
export interface Resource<Result, View> extends Presentation<Result, View> {
  readonly noun: Noun
}

type Run<Result> = (context: CommandContext<Result>) => Promise<Result | null>

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

  /** Shows the whole key, for the response to the request that created it. */
  const revealLicense = (record: LicenseRecord) =>
    presentLicense(record, revealKey(vault, record.license), nowMs)

  /** Shows the whole key to API keys with `licenses:reveal`, and a masked one to others. */
  const present = (record: LicenseRecord) =>
    hasScope(actor, 'licenses:reveal') ? revealLicense(record) : presentMaskedLicense(record, nowMs)

  /** Returns 200 with the result. */
  async function change<Result, View>(resource: Resource<Result, View>, run: Run<Result>) {
    const view = await runIdempotently(call, resource, async (idempotency) => {
      const { id: requestId } = requestState(request)
      const result = await run({ actor: actor.id, requestId, nowMs, idempotency })
      return resource.present(requireFound(resource.noun, result))
    })
    setETag(set.headers, view)
    return view
  }

  return {
    actor,
    nowMs,
    presentLicense: present,
    revealLicense,
    change,
    /** Changes one license and returns it. */
    license: (id: string, decide: (state: LicenseSnapshot, nowMs: number) => Decision<null>) =>
      change({ noun: 'license', present }, (context) =>
        store.licenses.change(id, { intent: 'none' }, context, (state) => decide(state, nowMs)),
      ),
    /** Returns 201 with the result. */
    create: async <Result, View>(resource: Resource<Result, View>, run: Run<Result>) =>
      status(201, await change(resource, run)),
    /** Returns 204 without the result. */
    delete: async <Result>(resource: Resource<Result, unknown>, run: Run<Result>) => {
      await change(resource, run)
      set.status = 204
    },
  }
}

/** Only licenses have a version, which is their ETag. */
function setETag(headers: Call['set']['headers'], view: unknown): void {
  if (typeof view === 'object' && view !== null && 'version' in view) {
    headers.etag = `"${view.version}"`
  }
}
