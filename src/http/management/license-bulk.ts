import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { LicenseRecord, LicenseSelection } from '~/domain/licenses.ts'
import {
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  decideUpdate,
  type LicenseEdit,
  type LicenseSnapshot,
} from '~/domain/licenses.ts'
import { parseLicenseFilter } from '~/wire/license-filters.ts'
import {
  BULK_MATCHES_MAX,
  BulkBody,
  parseLicenseEdit,
  parseRenewal,
} from '~/wire/license-requests.ts'
import { LicenseList } from '~/wire/licenses.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { createLicenseViews } from './license-views.ts'
import { findPlan } from './licenses.ts'

type BulkAction = BulkBody['action']

/** Which fields an action reads besides `ids` or `filter`; any other is a mistake to tell of. */
const fieldsOf: Readonly<Record<BulkAction, readonly string[]>> = {
  suspend: ['reason'],
  reinstate: [],
  revoke: ['reason'],
  renew: ['expires_at', 'days'],
  update: [
    'plan',
    'customer_email',
    'customer_name',
    'expires_at',
    'features',
    'max_domains',
    'max_devices',
    'max_seats',
    'metadata',
    'external_ref',
    'inherit',
  ],
}

export const licenseBulkRoutes = (
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  commands: CommandsPlugin,
) => {
  const views = createLicenseViews(vault)

  return new Elysia({ prefix: '/licenses/bulk' }).use(commands).post(
    '',
    ({ body, command }) => {
      refuseStrayFields(body)
      const selection = readSelection(body, command.nowMs)
      const view = (records: readonly LicenseRecord[]) => ({
        data: records.map((record) => views.seenBy(command, record)),
      })
      return command.answer({ status: 200, noun: 'license', view }, async (context) => {
        const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
        const edit = body.action === 'update' ? parseLicenseEdit(body, plan) : {}
        const decide = naming(readDecision(body, edit, command.nowMs))
        return store.licenses.changeMany(selection, BULK_MATCHES_MAX, context, decide)
      })
    },
    {
      scope: 'licenses:write',
      body: BulkBody,
      response: { 200: LicenseList, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
      detail: {
        tags: ['Licenses'],
        operationId: 'changeLicenses',
        summary: 'Do one thing to many licenses: to all of them, or to none',
      },
    },
  )
}

function refuseStrayFields({ action, ids: _ids, filter: _filter, ...fields }: BulkBody): void {
  const stray = Object.keys(fields).find((name) => !fieldsOf[action].includes(name))
  if (stray !== undefined) {
    throw invalidField(`/${stray}`, `The action ${action} has no field ${stray}. Remove it.`)
  }
}

function readSelection({ ids, filter }: BulkBody, nowMs: number): LicenseSelection {
  if ((ids === undefined) === (filter === undefined)) {
    throw new Fault('validation_failed', 'Give either ids or a filter.')
  }
  if (ids !== undefined) {
    if (ids.length === 0) throw invalidField('/ids', 'Name at least one license.')
    return { ids }
  }
  if (filter === undefined || Object.keys(filter).length === 0) {
    throw invalidField('/filter', 'An empty filter would match every license. Say which you mean.')
  }
  return { filter: parseLicenseFilter(filter, '/filter/', nowMs) }
}

/** Says which of the many stands in the way of all. */
function naming(decide: DecideOne): DecideOne {
  return (snapshot) => {
    try {
      return decide(snapshot)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      throw new Fault(
        error.kind,
        `Nothing was changed, because of ${snapshot.license.id}: ${error.message}`,
      )
    }
  }
}

type DecideOne = (snapshot: LicenseSnapshot) => Decision<null>

function readDecision(body: BulkBody, edit: LicenseEdit, nowMs: number): DecideOne {
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
