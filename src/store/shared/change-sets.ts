import type { ChangeSet } from '../changes-port.ts'
import { parseBody } from './change-bodies.ts'

/** Rows that are merged. After more of them, anything may have changed. */
export const CHANGE_ROWS_MAX = 5000

type Keys = Omit<ChangeSet, 'position' | 'isAll'>

const noKeys: Keys = { licenseIds: [], activations: [], touchesPlans: false }

/** Returns the set after which anything may have changed. */
export const buildAll = (position: string): ChangeSet => ({ ...noKeys, position, isAll: true })

/** Merges the bodies of rows. With more than `max` licenses and activations, anything may have changed. */
export function mergeChanges(position: string, bodies: readonly string[], max: number): ChangeSet {
  const licenseIds = new Set<string>()
  const activations = new Map<string, Keys['activations'][number]>()
  let touchesPlans = false
  for (const body of bodies) {
    const commit = parseBody(body)
    if (commit.isExternal) return buildAll(position)
    for (const id of commit.licenseIds) licenseIds.add(id)
    for (const key of commit.activations) activations.set(JSON.stringify(key), key)
    touchesPlans ||= commit.touchesPlans
    if (licenseIds.size + activations.size > max) return buildAll(position)
  }
  const keys = { licenseIds: [...licenseIds], activations: [...activations.values()] }
  return { position, ...keys, touchesPlans, isAll: false }
}
