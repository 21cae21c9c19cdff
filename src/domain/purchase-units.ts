import type { RuleTerms } from './checkout-rules.ts'
import type { License } from './licenses.ts'
import type { Unit } from './purchase-decisions.ts'
import type { Offer } from './purchase-offers.ts'
import type { PurchaseState } from './purchase-state.ts'
import type { PurchaseItem } from './purchases.ts'

/** As many licenses as one purchase may have. */
export const UNITS_MAX = 1000

/** An item of a purchase with its offer. */
export interface OfferedItem {
  readonly item: PurchaseItem
  readonly offer: Offer
}

/** A license that a purchase has or is to have; `unit` is null if it is to be created. */
export interface Slot extends OfferedItem {
  readonly number: number
  readonly unit: Unit | null
}

export interface UnitPlan {
  readonly slots: readonly Slot[]
  /** Units that the purchase no longer pays for. */
  readonly surplus: readonly Unit[]
  /** Units that stay although nothing is offered for them. */
  readonly kept: readonly Unit[]
}

/**
 * Assigns licenses to items. An item that has appeared takes over those of one that has vanished, so
 * that an upgrade keeps the key. `held` names items without an offer, whose licenses stay as they are.
 */
export function planUnits(
  state: Pick<PurchaseState, 'quantitiesMax' | 'itemRefsTogether'>,
  offered: readonly OfferedItem[],
  held: ReadonlySet<string>,
  units: readonly Unit[],
  findTerms: (itemRef: string) => RuleTerms,
): UnitPlan {
  const current = new Set([...offered.map(({ item }) => item.ref), ...held])
  const vanished = rankForTakeover(units.filter(({ itemRef }) => !current.has(itemRef)))
  const slots: Slot[] = []
  const surplus: Unit[] = []
  for (const { item, offer } of offered) {
    const own = units.filter((unit) => unit.itemRef === item.ref)
    const fitting = own.filter((unit) => canHave(unit, offer))
    // One more than the maximum is enough to see that there are too many.
    const room = UNITS_MAX + 1 - slots.length
    const wanted = Math.max(0, Math.min(countWanted(state, item, offer.terms), room))
    const dropped = new Set(
      rankForDrop(fitting, offer.terms).slice(0, Math.max(0, fitting.length - wanted)),
    )
    const kept = fitting.filter((unit) => !dropped.has(unit))
    surplus.push(...dropped, ...own.filter((unit) => !fitting.includes(unit)))
    const numbers = listFreeNumbers(units, item.ref, wanted - kept.length)
    slots.push(...kept.map((unit) => ({ item, offer, number: unit.number, unit })))
    for (const number of numbers) {
      const index = vanished.findIndex((unit) => canHave(unit, offer))
      const [unit = null] = index < 0 ? [] : vanished.splice(index, 1)
      slots.push({ item, offer, number, unit })
    }
  }
  // An item without an offer may have replaced it, and takes its licenses over once it has one.
  const isAwaited = ({ itemRef }: Unit) =>
    [...held].some((ref) => !areTogether(state, ref, itemRef))
  const isDropped = (unit: Unit) =>
    findTerms(unit.itemRef).lowerQuantity !== 'nothing' && !isAwaited(unit)
  const dropped = [...surplus, ...vanished.filter(isDropped)]
  const assigned = new Set([...slots.map(({ unit }) => unit), ...dropped])
  return { slots, surplus: dropped, kept: units.filter((unit) => !assigned.has(unit)) }
}

/** Whether two items were ever part of the purchase at the same time. */
const areTogether = (
  { itemRefsTogether }: Pick<PurchaseState, 'itemRefsTogether'>,
  one: string,
  other: string,
) => itemRefsTogether.some((refs) => refs.has(one) && refs.has(other))

/** The plan of a license can change only within its product. */
const canHave = ({ license }: Unit, { plan }: Offer) =>
  license.license.productSlug === plan.productSlug

function countWanted(
  { quantitiesMax }: Pick<PurchaseState, 'quantitiesMax'>,
  item: PurchaseItem,
  { quantityMeans, lowerQuantity }: RuleTerms,
): number {
  // Where a lower quantity has no effect, the highest one counts, whichever event comes first.
  const quantity = lowerQuantity === 'nothing' ? (quantitiesMax.get(item.ref) ?? 0) : item.quantity
  return quantityMeans === 'licenses' ? quantity : Math.min(1, quantity)
}

/** Lists units in the order in which they are dropped: revoked ones first, as it makes no difference. */
function rankForDrop(
  units: readonly Unit[],
  { lowerQuantity }: Pick<RuleTerms, 'lowerQuantity'>,
): readonly Unit[] {
  const rank = ({ license: { license } }: Unit) => {
    if (license.revokedAtMs !== null) return 0
    return lowerQuantity === 'newest_unused' && isUsed(license) ? 2 : 1
  }
  return units.toSorted((one, other) => rank(one) - rank(other) || other.number - one.number)
}

/** Lists units in the order in which another item takes them over: the oldest in use first. */
const rankForTakeover = (units: readonly Unit[]): Unit[] =>
  [...rankForDrop(units, { lowerQuantity: 'newest_unused' })].reverse()

const isUsed = ({ activatedAtMs, domainsUsed, freeDomainsUsed, devicesUsed }: License) =>
  activatedAtMs !== null || domainsUsed + freeDomainsUsed + devicesUsed > 0

function listFreeNumbers(units: readonly Unit[], itemRef: string, count: number): number[] {
  const taken = new Set(units.flatMap((unit) => (unit.itemRef === itemRef ? unit.number : [])))
  const numbers: number[] = []
  for (let number = 1; numbers.length < count; number += 1) {
    if (!taken.has(number)) numbers.push(number)
  }
  return numbers
}
