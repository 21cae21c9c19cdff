import type { Deps } from '~/deps.ts'
import { hasScope, seesLicenseKeys } from '~/domain/api-keys.ts'
import type { Decision } from '~/domain/decisions.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { CommandContext } from '~/store/port.ts'
import { presentLicense, presentMaskedLicense } from '~/wire/licenses.ts'
import type { Call, RunIdempotently } from './idempotency.ts'
import { createRecording } from './recording.ts'
import { createRuns, type ListResource, type Resource, type Run, requireFound } from './runs.ts'

/** A resource with the store's function that changes it. */
interface Changeable<Result, View, Decide> extends Resource<Result, View> {
  change(id: string, context: CommandContext<Result>, decide: Decide): Promise<Result | null>
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
  deps: Pick<Deps, 'store' | 'vault' | 'log'>,
  runIdempotently: RunIdempotently,
  call: Call,
) {
  const { store, vault } = deps
  const { caller, nowMs, set } = call
  const { run, runMany } = createRuns(runIdempotently, call)

  /** Shows the full key, for the response to the request that created it. */
  const revealLicense = (record: LicenseRecord) =>
    presentLicense(record, vault.open('license-key', record.license.keySealed), nowMs)

  const maskLicense = (record: LicenseRecord) => presentMaskedLicense(record, nowMs)

  /** Shows the full key to API keys with `licenses:reveal`, and a masked one to others. */
  const present = seesLicenseKeys(caller) ? revealLicense : maskLicense

  /** Changes one resource and returns it. */
  const change = <Result, View, Decide>(
    resource: Changeable<Result, View, Decide>,
    id: string,
    decide: Decide,
  ) => run(resource, (context) => resource.change(id, context, decide))

  return {
    caller,
    nowMs,
    presentLicense: present,
    revealLicense,
    /** Shows the key that the request has given to a license to callers with `licenses:reveal`. */
    presentNewKey: hasScope(caller, 'licenses:reveal') ? revealLicense : maskLicense,
    run,
    runMany,
    change,
    ...createRecording(deps, call),
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
    /** Returns 201 with a list of the results, unless the resource has another status for it. */
    createMany: <Item>(resource: ListResource<Item>, create: Run<readonly Item[]>) => {
      set.status = 201
      return runMany(resource, create)
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
