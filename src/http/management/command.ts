import { type ElysiaCustomStatusResponse, status } from 'elysia'
import type { Deps } from '~/deps.ts'
import { type ApiKey, hasScope } from '~/domain/api-keys.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { CommandContext, Decide } from '~/store/port.ts'
import { type License, presentLicense, presentMaskedLicense } from '~/wire/licenses.ts'
import type { Call, Presentation, RunIdempotently } from '../plugins/idempotency.ts'
import { requestState } from '../plugins/requests.ts'
import { revealKey } from './license-keys.ts'
import { type Noun, requireFound } from './require-found.ts'

/** The noun that a command works on, and how its result becomes a response. */
export interface Resource<Result, View> extends Presentation<Result, View> {
  /** For the 404 when the store finds none. */
  readonly noun: Noun
}

type Run<Result> = (context: CommandContext<Result>) => Promise<Result | null>

/**
 * One management request. Its commands run at most once per `Idempotency-Key`, and throw
 * `not_found` when the store returns null.
 */
export interface Command {
  readonly actor: ApiKey
  readonly nowMs: number
  /** Shows the whole key to API keys with `licenses:reveal`, and a masked one to others. */
  readonly presentLicense: (record: LicenseRecord) => License
  /** Shows the whole key, for the response to the request that created it. */
  readonly revealLicense: (record: LicenseRecord) => License
  /** Changes one license and returns it. */
  license(
    id: string,
    decide: (snapshot: LicenseSnapshot, nowMs: number) => ReturnType<Decide<LicenseSnapshot, null>>,
  ): Promise<License>
  /** Returns 200 with the result. */
  change<Result, View>(resource: Resource<Result, View>, run: Run<Result>): Promise<View>
  /** Returns 201 with the result. */
  create<Result, View>(
    resource: Resource<Result, View>,
    run: Run<Result>,
  ): Promise<ElysiaCustomStatusResponse<201, View>>
  /** Returns 204 without the result. */
  delete<Result>(resource: Resource<Result, unknown>, run: Run<Result>): Promise<void>
}

/** Creates the command of one request, whose scope is already checked. */
export function createCommand(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  runIdempotently: RunIdempotently,
  call: Call,
): Command {
  const { actor, nowMs, request, set } = call
  const context = { actor: actor.id, requestId: requestState(request).id, nowMs }

  const revealLicense = (record: LicenseRecord) =>
    presentLicense(record, revealKey(vault, record.license), nowMs)
  const presentAllowed = (record: LicenseRecord) =>
    hasScope(actor, 'licenses:reveal') ? revealLicense(record) : presentMaskedLicense(record, nowMs)

  async function execute<Result, View>(resource: Resource<Result, View>, run: Run<Result>) {
    const view = await runIdempotently(call, resource, async (idempotency) => {
      const result = await run({ ...context, idempotency })
      return resource.present(requireFound(resource.noun, result))
    })
    setETag(set.headers, view)
    return view
  }

  return {
    actor,
    nowMs,
    presentLicense: presentAllowed,
    revealLicense,
    license: (id, decide) =>
      execute({ noun: 'license', present: presentAllowed }, (context) =>
        store.licenses.change(id, { intent: 'none' }, context, (snapshot) =>
          decide(snapshot, nowMs),
        ),
      ),
    change: execute,
    create: async (resource, run) => status(201, await execute(resource, run)),
    delete: async (resource, run) => {
      await execute(resource, run)
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
