import type { Effect } from './checkout-events.ts'
import { ruleDefaults } from './checkout-rules.ts'
import { type Decision, joinWrites, type Writes } from './decisions.ts'
import { allowsUnboundFile, decideFile } from './file-issuance.ts'
import { decideIssuance } from './issuance.ts'
import { createLicenseDraft, type LicenseDraft } from './license-drafts.ts'
import type { LicenseFile } from './license-files.ts'
import { decideRevocation, type LicenseKey, type LicenseSnapshot } from './licenses.ts'
import type { MailDraft } from './mails.ts'
import type {
  AppliedTerms,
  PurchaseDecision,
  PurchaseOptions,
  PurchaseSnapshot,
  Unit,
  UnitChange,
} from './purchase-decisions.ts'
import type { Offer } from './purchase-offers.ts'
import type { Customer, ImportedKey, PurchaseState } from './purchase-state.ts'
import { buildTerms, getSuspensionTime, keepTerms } from './purchase-terms.ts'
import type { Slot, UnitPlan } from './purchase-units.ts'
import { applyTerms } from './purchase-updates.ts'
import { toTimestamp } from './times.ts'
import { isRefusal } from './verdicts.ts'

/** Creates, changes and revokes the licenses of a purchase. */
export function decideUnits(
  snapshot: PurchaseSnapshot,
  state: PurchaseState,
  { slots, surplus, kept }: UnitPlan,
  options: PurchaseOptions,
): Omit<PurchaseDecision, 'result'> & { readonly result: { readonly effects: readonly Effect[] } } {
  const effects = createEffects()
  const granting = { snapshot, state, options, effects, findKey: createFindKey(snapshot, state) }
  const grants = slots.map((slot) => grantSlot(granting, slot))
  const drops = surplus.map((unit) => dropUnit(granting, unit))
  const stays = kept.map((unit) => ({ unit, offer: getFormerOffer(snapshot, unit) }))
  grants.push(...stays.map((stay) => keepUnit(granting, stay)))
  const offers = [...slots, ...stays].map(({ offer }) => offer)
  const suspensions = offers.flatMap((offer) => getSuspensionTime(state, offer) ?? [])
  const later = suspensions.filter((atMs) => atMs > options.nowMs)
  return {
    result: { effects: effects.list() },
    ...joinWrites([...grants, ...drops].map(({ writes }) => writes)),
    units: [...grants, ...drops].map(({ unit }) => unit),
    nextDecisionAtMs: later.length === 0 ? null : Math.min(...later),
  }
}

interface Granting {
  readonly snapshot: PurchaseSnapshot
  readonly state: PurchaseState
  readonly options: PurchaseOptions
  readonly effects: ReturnType<typeof createEffects>
  readonly findKey: ReturnType<typeof createFindKey>
}

interface Grant {
  readonly writes: Writes
  readonly unit: UnitChange
}

/** Collects effects. The licenses with the same one are listed together. */
function createEffects() {
  const licenseIds = new Map<string, string[]>()
  return {
    add: (text: string, licenseId: string) =>
      void licenseIds.getOrInsertComputed(text, () => []).push(licenseId),
    list: (): Effect[] => [...licenseIds].map(([text, ids]) => ({ text, licenseIds: ids })),
  }
}

/**
 * Returns a function that finds the key to import for a license: the nth of its item. `takenHash` is
 * that of a key that another license has, so that it cannot be imported.
 */
function createFindKey({ isKeyTaken }: PurchaseSnapshot, { keys }: PurchaseState) {
  return ({ item, offer, number, unit }: Slot) => {
    const isOfItem = ({ itemRef }: ImportedKey) => itemRef === null || itemRef === item.ref
    const key = offer.terms.importKeys ? keys.filter(isOfItem)[number - 1]?.key : undefined
    if (key === undefined) return { key: null, takenHash: null }
    const isOwn = unit?.license.license.keyHash === key.keyHash
    if (!isOwn && isKeyTaken(key.keyHash)) return { key: null, takenHash: key.keyHash }
    return { key, takenHash: null }
  }
}

function grantSlot(granting: Granting, slot: Slot): Grant {
  const { state, options, effects, findKey } = granting
  const { item, offer, number } = slot
  const { key, takenHash } = findKey(slot)
  const customer = state.customer ?? getFormerCustomer(slot.unit)
  const next = buildTerms(state, slot, customer, key, options.nowMs)
  const { draft, former } =
    slot.unit === null
      ? createLicense(granting, slot, next, key)
      : {
          draft: createLicenseDraft(slot.unit.license),
          former: renewHash(slot.unit.applied, key, options),
        }
  const licenseId = draft.before.license.id
  const report = (text: string) => effects.add(text, licenseId)
  applyTerms({ draft, former, next, offer, key, nowMs: options.nowMs, report })
  if (takenHash !== null && takenHash !== former.keyHash) {
    report('Keeps its own key, because another license has the key of the provider already.')
  }
  reportSuspension(granting, draft, { offer, wasBehind: former.isBehind })
  const applied = { ...next, keyHash: next.keyHash ?? takenHash ?? former.keyHash }
  const ruleId = offer.rule?.ruleId ?? null
  const mails = draftMails(granting, slot, draft, next.isBehind && !former.isBehind)
  return {
    writes: joinWrites([draft.listWrites(), mails]),
    unit: { licenseId, itemRef: item.ref, number, ruleId, applied, isReleased: false },
  }
}

/** Returns the terms with the current hash of the key, if they have one under a former master secret. */
function renewHash(
  applied: AppliedTerms,
  key: LicenseKey | null,
  { isFormerHash }: PurchaseOptions,
): AppliedTerms {
  const { keyHash } = applied
  if (key === null || keyHash === null || keyHash === key.keyHash) return applied
  return isFormerHash(keyHash, key) ? { ...applied, keyHash: key.keyHash } : applied
}

/** Reports when a license will be suspended, if a payment has failed and the rule allows some days. */
function reportSuspension(
  { state, options, effects }: Granting,
  draft: LicenseDraft,
  { offer, wasBehind }: { readonly offer: Offer; readonly wasBehind: boolean },
): void {
  const atMs = getSuspensionTime(state, offer)
  const { id, revokedAtMs } = draft.get().license
  if (wasBehind || revokedAtMs !== null || atMs === null || atMs <= options.nowMs) return
  effects.add(
    `A payment is past due. Will be suspended at ${toTimestamp(atMs)}, unless it is paid.`,
    id,
  )
}

/** Returns the plan that a license has, with the rule that it was bought under, or else the defaults. */
function getFormerOffer({ rules }: PurchaseSnapshot, { license, ruleId }: Unit): Offer {
  const terms = rules.find(({ id }) => id === ruleId) ?? ruleDefaults
  return { plan: license.plan, keyPrefix: '', terms, rule: null }
}

/** Lets a license follow its purchase without an offer. */
function keepUnit(
  granting: Granting,
  { unit, offer }: { readonly unit: Unit; readonly offer: Offer },
): Grant {
  const { state, options, effects } = granting
  const { license, ...stored } = unit
  const { applied, licenseId } = unit
  const draft = createLicenseDraft(license)
  const customer = state.customer ?? getFormerCustomer(unit)
  const next = keepTerms(state, { applied, offer }, customer, options.nowMs)
  const report = (text: string) => effects.add(text, licenseId)
  applyTerms({ draft, former: applied, next, offer, key: null, nowMs: options.nowMs, report })
  reportSuspension(granting, draft, { offer, wasBehind: applied.isBehind })
  const mails = draftMails(granting, { unit, offer }, draft, next.isBehind && !applied.isBehind)
  return {
    writes: joinWrites([draft.listWrites(), mails]),
    unit: { ...stored, applied: next, isReleased: false },
  }
}

/** Returns the customer as the purchase knew it, because an erasure removes only the facts. */
function getFormerCustomer(unit: Unit | null): Customer {
  return { email: unit?.applied.email ?? '', name: unit?.applied.name ?? null }
}

/** Creates a license that has been neither suspended nor revoked yet. */
function createLicense(
  { snapshot, options, effects }: Granting,
  { offer }: Slot,
  next: AppliedTerms,
  key: LicenseKey | null,
): { readonly draft: LicenseDraft; readonly former: AppliedTerms } {
  const { plan, keyPrefix } = offer
  const { nowMs, createId, mintKey } = options
  const { maxSeats, maxDevices } = next
  const order = {
    id: createId('lic'),
    key: key ?? mintKey(keyPrefix),
    customerEmail: next.email,
    customerName: next.name,
    overrides: {
      ...(maxSeats !== null && { maxSeats }),
      ...(maxDevices !== null && { maxDevices }),
    },
    metadata: snapshot.mode === 'test' ? { checkout_mode: 'test' } : {},
    externalRef: null,
    expiresAtMs: next.expiresAtMs ?? undefined,
    domains: [],
  }
  const issuance = decideIssuance({ plan, existing: [] }, [order], () => createId('act'), nowMs)
  const license = findCreated(issuance)
  const { expiresAtMs } = license
  const until = expiresAtMs === null ? '' : `, valid until ${toTimestamp(expiresAtMs)}`
  effects.add(`Created with the plan ${plan.slug}${until}.`, license.id)
  const goodStanding = { isBehind: false, isPastDue: false, isDisputed: false, revocation: null }
  return {
    draft: createLicenseDraft({ license, plan }, [issuance]),
    former: { ...next, ...goodStanding },
  }
}

function findCreated({ changes }: Decision<unknown>) {
  const created = changes.flatMap((change) => ('license' in change ? change.license : []))
  const [license] = created
  if (license === undefined) throw new Error('An issuance creates a license.')
  return license
}

const mailEffects: Readonly<Record<MailDraft['kind'], string>> = {
  key: 'The customer gets the license key by email.',
  file: 'The customer gets a license file by email.',
  expiring: 'The customer gets an email about the expiration.',
  past_due: 'The customer gets an email about the failed payment.',
}

const RESENT = 'The customer gets the license key by email, because a replay asked for it.'

/** Returns the mails about a license: its key if it is new or if all are asked for, and reminders. */
function draftMails(
  granting: Granting,
  { unit, offer: { terms } }: Pick<Slot, 'unit' | 'offer'>,
  draft: LicenseDraft,
  isNewlyBehind: boolean,
): Writes {
  const { snapshot, effects } = granting
  const { id: licenseId, revokedAtMs } = draft.get().license
  const isAskedFor = unit !== null && snapshot.mailMode === 'all'
  const wantsKey = terms.mail.key && (unit === null || isAskedFor)
  const kinds: MailDraft['kind'][] = []
  if (wantsKey) kinds.push('key')
  if (terms.mail.pastDue && isNewlyBehind) kinds.push('past_due')
  if (isAskedFor && revokedAtMs === null && !terms.mail.key) {
    effects.add('The license key is not sent by email, because its rule says so.', licenseId)
  }
  if (kinds.length === 0 || revokedAtMs !== null) return noMails
  const obstacle = findMailObstacle(granting)
  if (obstacle !== null) {
    effects.add(obstacle, licenseId)
    return noMails
  }
  for (const kind of kinds) {
    const isResent = kind === 'key' && isAskedFor
    effects.add(isResent ? RESENT : mailEffects[kind], licenseId)
  }
  const file = wantsKey && terms.mail.file ? issueFile(granting, draft.get()) : null
  const mails = kinds.map((kind) => ({
    kind,
    licenseId,
    ...(kind === 'key' && file !== null && { newFile: file }),
  }))
  return { changes: [], events: [], mails }
}

const noMails: Writes = { changes: [], events: [] }

function findMailObstacle({ snapshot, options }: Granting): string | null {
  if (snapshot.mailMode === 'none') return 'No mail is sent for an event that is replayed.'
  return options.sendsMail ? null : 'No mail is sent: LICET_SMTP_URL is not set.'
}

/** Issues a license file that works anywhere, if the license can have one. */
function issueFile({ options, effects }: Granting, snapshot: LicenseSnapshot): LicenseFile | null {
  const { nowMs, createFileId } = options
  const { id: licenseId } = snapshot.license
  const draft = { id: createFileId(), returnHash: '', days: null, nowMs }
  const result = allowsUnboundFile(snapshot) ? decideFile(snapshot, [], draft).result : null
  if (result === null || isRefusal(result)) {
    effects.add('The email has no license file, because the license does not allow one.', licenseId)
    return null
  }
  effects.add('The email has a license file.', licenseId)
  return result.file
}

/** Revokes a license that the purchase no longer pays for, and frees its number. */
function dropUnit({ options: { nowMs }, effects }: Granting, unit: Unit): Grant {
  const { license, ...stored } = unit
  const draft = createLicenseDraft(license)
  const reason = 'The purchase no longer includes it.'
  const isRevoked = draft.decide((snapshot) => decideRevocation(snapshot, reason, nowMs))
  if (isRevoked) effects.add('Revoked, because the purchase no longer includes it.', unit.licenseId)
  return { writes: draft.listWrites(), unit: { ...stored, isReleased: true } }
}
