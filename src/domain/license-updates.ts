import { type Decision, type LicenseFacts, unchanged } from './decisions.ts'
import { isEqual } from './equality.ts'
import { invalidField } from './faults.ts'
import {
  type License,
  type LicenseSnapshot,
  type Overrides,
  requireNotRevoked,
  updateByVendor,
} from './licenses.ts'
import { type Plan, requireUsable } from './plans.ts'
import { buildExpiry, buildTerm, isWaiting } from './terms.ts'

type EditableFields = Pick<License, 'customerName' | 'metadata' | 'externalRef' | 'expiresAtMs'>

export interface LicenseEdit extends Partial<EditableFields> {
  readonly plan?: Plan
  /** The effect of a new plan on the end of a term that has started. */
  readonly expiry?: 'keep' | 'plan'
  readonly customerEmail?: string
  readonly overrides?: Overrides
  readonly inherit?: readonly (keyof Overrides)[]
}

/** Changes the given fields and keeps the rest. An edit without effect writes nothing. */
export function decideUpdate(
  { license, plan }: LicenseSnapshot,
  edit: LicenseEdit,
  nowMs: number,
): Decision<null> {
  requireNotRevoked(license, 'changed')
  const nextPlan = edit.plan ?? plan
  if (nextPlan.productSlug !== license.productSlug) {
    const detail = `This plan belongs to another product. Choose a plan of ${license.productSlug}.`
    throw invalidField('/plan', detail)
  }
  requireUsable(nextPlan)
  const set: LicenseFacts = {
    ...(nextPlan.slug === plan.slug ? {} : { planSlug: nextPlan.slug }),
    overrides: editOverrides(license.overrides, edit),
    customerEmail: edit.customerEmail ?? license.customerEmail,
    customerName: edit.customerName === undefined ? license.customerName : edit.customerName,
    metadata: edit.metadata ?? license.metadata,
    externalRef: edit.externalRef === undefined ? license.externalRef : edit.externalRef,
    ...editTerm({ license, plan }, nextPlan, edit, nowMs),
  }
  if (isEqual({ ...license, ...set }, license)) return unchanged(null)
  return updateByVendor(license, set, 'license.updated', nowMs)
}

function editOverrides(overrides: Overrides, edit: LicenseEdit): Overrides {
  const inherited = edit.inherit ?? []
  if (inherited.some((name) => edit.overrides?.[name] !== undefined)) {
    throw invalidField('/inherit', 'A field cannot have a value and be inherited at the same time.')
  }
  const entries = Object.entries({ ...overrides, ...edit.overrides })
  return Object.fromEntries(
    entries.filter(([name]) => !inherited.some((dropped) => dropped === name)),
  )
}

/** A request repeated after its plan was changed is not a change of plan, so it moves no end. */
function editTerm(
  { license, plan }: LicenseSnapshot,
  nextPlan: Plan,
  { expiry, expiresAtMs }: LicenseEdit,
  nowMs: number,
): LicenseFacts {
  const changesPlan = nextPlan.slug !== plan.slug
  if (expiresAtMs !== undefined) {
    const movesEnd = changesPlan || expiresAtMs !== license.expiresAtMs
    const term = movesEnd ? moveEnd(license, expiresAtMs, nextPlan, nowMs) : {}
    return { ...term, pendingDays: null }
  }
  if (!changesPlan) return {}
  // A term that has yet to start has no end to keep: a trial must not carry its days to another plan.
  const keepsEnd = expiry === 'keep' && license.pendingDays === null
  if (keepsEnd) return moveEnd(license, license.expiresAtMs, nextPlan, nowMs)
  if (isWaiting(license, plan)) return buildTerm(nextPlan, nowMs)
  if (expiry === 'plan') return buildTerm({ ...nextPlan, startsOn: 'creation' }, nowMs)
  if (nextPlan.durationDays === plan.durationDays) {
    return moveEnd(license, license.expiresAtMs, nextPlan, nowMs)
  }
  const detail =
    `The plans differ in duration: ${formatDuration(plan)}, ${formatDuration(nextPlan)}. ` +
    'Send expiry: "keep" to keep the end of this license, expiry: "plan" to apply the duration of ' +
    'the new plan from now, or expires_at.'
  throw invalidField('/expiry', detail)
}

const formatDuration = ({ slug, durationDays: days }: Plan) =>
  days === null ? `${slug} is perpetual` : `${slug} lasts ${days} ${days === 1 ? 'day' : 'days'}`

/** An end that stays the same keeps its notification, so that it is not sent twice. */
function moveEnd(license: License, expiresAtMs: number | null, plan: Plan, nowMs: number) {
  const end = buildExpiry(expiresAtMs, plan)
  const { expiringNotifiedAtMs, expiredNotifiedAtMs, termStartedAtMs } = license
  const isOver = license.expiresAtMs === null || nowMs >= license.expiresAtMs
  const startsAgain = isOver && expiresAtMs !== license.expiresAtMs
  return {
    ...end,
    termStartedAtMs: startsAgain ? nowMs : termStartedAtMs,
    ...(end.expiresAtMs === license.expiresAtMs ? { expiringNotifiedAtMs } : {}),
    ...(end.endsAtMs === license.endsAtMs ? { expiredNotifiedAtMs } : {}),
  }
}
