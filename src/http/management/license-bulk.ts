import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { decideUpdate } from '~/domain/license-updates.ts'
import { decideReinstatement, type LicenseSelection } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { parseLicenseFilter } from '~/wire/license-filters.ts'
import {
  BULK_MATCHES_MAX,
  BulkBody,
  countCopiesMax,
  parseLicenseEdit,
  UpdateLicenseBody,
} from '~/wire/license-requests.ts'
import { ChangedLicenses } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import type { Command } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { type DecideLicense, renew, revoke, suspend } from './license-actions.ts'
import { findPlan } from './licenses.ts'

const BODY_BYTES_MAX = 8_388_608
/** The IDs and the licenses that a dry run shows. */
const PREVIEW_IDS = 100
const PREVIEW_LICENSES = 20

interface Action {
  /** The fields that it reads besides `ids` or `filter`. Any other field is rejected. */
  readonly fields: readonly string[]
  /** `plan` is the plan that the body names. */
  readonly choose: (body: BulkBody, plan: Plan | undefined) => DecideLicense
}

const actions: Readonly<Record<BulkBody['action'], Action>> = {
  suspend: { fields: ['reason'], choose: suspend },
  reinstate: { fields: [], choose: () => decideReinstatement },
  revoke: { fields: ['reason'], choose: revoke },
  renew: { fields: ['expires_at', 'days'], choose: renew },
  update: { fields: Object.keys(UpdateLicenseBody.properties), choose: update },
}

export const licenseBulkRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/bulk', 'Licenses').post(
    '',
    ({ body, command }) => {
      rejectStrayFields(body)
      const { ids, filter: _filter, dry_run: isDryRun = false, ...fields } = body
      const matchesMax = Math.min(BULK_MATCHES_MAX, countCopiesMax(fields))
      if (ids !== undefined && ids.length > matchesMax) {
        throw invalidField(
          '/ids',
          `With fields of this length, one request can change at most ${matchesMax} licenses. Send fewer IDs, or less metadata.`,
        )
      }
      const selection = parseSelection(body, command.nowMs)
      if (isDryRun) return preview(store, { body, selection, matchesMax, command })
      const resource = { noun: 'license', presentItem: command.presentLicense }
      return command.runMany(resource, async (context) => {
        const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
        const decide = nameFailingLicense(actions[body.action].choose(body, plan))
        return store.licenses.changeMany(selection, matchesMax, context, (snapshot) =>
          decide(snapshot, command.nowMs),
        )
      })
    },
    {
      scope: 'licenses:write',
      bodyBytesMax: BODY_BYTES_MAX,
      operationId: 'changeLicenses',
      body: BulkBody,
      ...answers(ChangedLicenses, 404, 409),
      summary: 'Apply one action to many licenses',
      description:
        'The action is applied to all of them or to none. A dry run fails where the action would, and ' +
        'changes nothing. It ignores `Idempotency-Key`.',
    },
  )

interface DryRun {
  readonly body: BulkBody
  readonly selection: LicenseSelection
  readonly matchesMax: number
  readonly command: Command
}

async function preview(
  store: Pick<Deps['store'], 'licenses' | 'plans'>,
  { body, selection, matchesMax, command }: DryRun,
) {
  const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
  const decide = nameFailingLicense(actions[body.action].choose(body, plan))
  const { ids, changed } = await store.licenses.previewMany(selection, matchesMax, (snapshot) =>
    decide(snapshot, command.nowMs),
  )
  const shown = await Promise.all(ids.slice(0, PREVIEW_LICENSES).map(store.licenses.find))
  const data = shown.flatMap((record) => (record === null ? [] : [command.presentLicense(record)]))
  return { data, dry_run: true, count: ids.length, changed, ids: ids.slice(0, PREVIEW_IDS) }
}

function update(body: BulkBody, plan: Plan | undefined): DecideLicense {
  const edit = parseLicenseEdit(body, plan)
  return (license, nowMs) => decideUpdate(license, edit, nowMs)
}

function rejectStrayFields({
  action,
  ids: _ids,
  filter: _filter,
  dry_run: _dryRun,
  ...fields
}: BulkBody): void {
  const stray = Object.keys(fields).find((name) => !actions[action].fields.includes(name))
  if (stray !== undefined) {
    throw invalidField(`/${stray}`, `The action ${action} has no field ${stray}. Remove it.`)
  }
}

function parseSelection({ ids, filter }: BulkBody, nowMs: number): LicenseSelection {
  if ((ids === undefined) === (filter === undefined)) {
    throw new Fault('validation_failed', 'Send either ids or a filter.')
  }
  if (ids !== undefined) {
    if (ids.length === 0) throw invalidField('/ids', 'Send at least one license ID.')
    return { ids }
  }
  if (filter === undefined || Object.keys(filter).length === 0) {
    throw invalidField(
      '/filter',
      'An empty filter would match every license. Send at least one condition.',
    )
  }
  return { filter: parseLicenseFilter(filter, '/filter/', nowMs) }
}

/** Adds the license at fault to the message, since all licenses fail because of it. */
function nameFailingLicense(decide: DecideLicense): DecideLicense {
  return (snapshot, nowMs) => {
    try {
      return decide(snapshot, nowMs)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      throw new Fault(
        error.kind,
        `Nothing was changed because of license ${snapshot.license.id}: ${error.message}`,
        error.errors === undefined ? {} : { errors: error.errors },
      )
    }
  }
}
