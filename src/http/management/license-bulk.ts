import type { Deps } from '~/deps.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import {
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  decideUpdate,
  type LicenseEdit,
  type LicenseRecord,
  type LicenseSelection,
  type LicenseSnapshot,
} from '~/domain/licenses.ts'
import { parseLicenseFilter } from '~/wire/license-filters.ts'
import {
  BULK_MATCHES_MAX,
  BulkBody,
  parseLicenseEdit,
  parseRenewal,
  UpdateLicenseBody,
} from '~/wire/license-requests.ts'
import { LicenseList } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { findPlan } from './licenses.ts'

type BulkAction = BulkBody['action']

const BODY_BYTES_MAX = 8_388_608

/** The fields that an action reads besides `ids` or `filter`. Any other field is rejected. */
const fieldsOf: Readonly<Record<BulkAction, readonly string[]>> = {
  suspend: ['reason'],
  reinstate: [],
  revoke: ['reason'],
  renew: ['expires_at', 'days'],
  update: Object.keys(UpdateLicenseBody.properties),
}

export const licenseBulkRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/bulk', 'Licenses').post(
    '',
    ({ body, command }) => {
      rejectStrayFields(body)
      const selection = parseSelection(body, command.nowMs)
      const present = (records: readonly LicenseRecord[]) => ({
        data: records.map(command.presentLicense),
      })
      return command.run({ noun: 'license', present }, async (context) => {
        const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
        const edit = body.action === 'update' ? parseLicenseEdit(body, plan) : {}
        const decide = nameFailingLicense(chooseDecision(body, edit, command.nowMs))
        return store.licenses.changeMany(selection, BULK_MATCHES_MAX, context, decide)
      })
    },
    {
      scope: 'licenses:write',
      bodyBytesMax: BODY_BYTES_MAX,
      operationId: 'changeLicenses',
      body: BulkBody,
      ...answers(LicenseList, 404, 409),
      summary: 'Apply one action to many licenses',
      description: 'The action is applied to all of them or to none.',
    },
  )

function rejectStrayFields({ action, ids: _ids, filter: _filter, ...fields }: BulkBody): void {
  const stray = Object.keys(fields).find((name) => !fieldsOf[action].includes(name))
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
function nameFailingLicense(decide: DecideOne): DecideOne {
  return (snapshot) => {
    try {
      return decide(snapshot)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      throw new Fault(
        error.kind,
        `Nothing was changed because of license ${snapshot.license.id}: ${error.message}`,
      )
    }
  }
}

type DecideOne = (snapshot: LicenseSnapshot) => Decision<null>

function chooseDecision(body: BulkBody, edit: LicenseEdit, nowMs: number): DecideOne {
  const { action, reason = null } = body
  switch (action) {
    case 'suspend':
      return (snapshot) => decideSuspension(snapshot, reason, nowMs)
    case 'reinstate':
      return (snapshot) => decideReinstatement(snapshot, nowMs)
    case 'revoke':
      return (snapshot) => decideRevocation(snapshot, reason, nowMs)
    case 'renew': {
      const renewal = parseRenewal(body)
      return (snapshot) => decideRenewal(snapshot, renewal, nowMs)
    }
    case 'update':
      return (snapshot) => decideUpdate(snapshot, edit, nowMs)
    default:
      return action satisfies never
  }
}
