/** The state of a license according to the changes that were acknowledged. */
export interface Expected {
  readonly id: string
  key: string
  status: 'active' | 'suspended' | 'revoked' | 'expired'
  name: string | null
  expiresAt: string | null
  /** Whether it was validated, which is an event the first time. */
  isActivated: boolean
  readonly devices: Set<string>
  /** The IDs of seats by fingerprint. */
  readonly seats: Map<string, string>
  /** The types of its events, oldest first, without notices of limits. */
  readonly events: string[]
  /** Whether a request about it is under way, so that two states are right. */
  isPending: boolean
}

/** The terms of the plan that all licenses have. */
export const soakPlan = {
  slug: 'soak',
  product: 'default',
  name: 'Soak',
  max_devices: 3,
  max_seats: 2,
  seat_lease_seconds: 90 * 86_400,
} as const

/** A plan whose seats end soon without a heartbeat. */
export const briefPlan = { ...soakPlan, slug: 'soak-brief', seat_lease_seconds: 4 } as const

const audited: Readonly<Record<string, string>> = {
  'license.created': 'license.create',
  'license.updated': 'license.update',
  'license.renewed': 'license.update',
  'license.suspended': 'license.update',
  'license.reinstated': 'license.update',
  'license.revoked': 'license.update',
  'license.key_rotated': 'license.rekey',
}

/** Returns the actions in the audit log, oldest first: one per change that no app and no sweep made. */
export function expectedActions({ events }: Expected): readonly string[] {
  return events.flatMap((type) => audited[type] ?? [])
}

/** Returns what is expected of a license that was just created. */
export function expectCreated(license: {
  id: string
  key: string
  expires_at: string | null
}): Expected {
  return {
    id: license.id,
    key: license.key,
    status: 'active',
    name: null,
    expiresAt: license.expires_at,
    isActivated: false,
    devices: new Set(),
    seats: new Map(),
    events: ['license.created'],
    isPending: false,
  }
}

/** Returns a line of the ledger. */
export function describeExpected(change: string, license: Expected): object {
  const { isPending, devices, seats, events, ...facts } = license
  return {
    change,
    ...facts,
    devices: [...devices],
    seats: [...seats.keys()],
    events: events.length,
  }
}

/** Returns a copy that later changes leave alone. */
export function copyExpected(license: Expected): Expected {
  return {
    ...license,
    devices: new Set(license.devices),
    seats: new Map(license.seats),
    events: [...license.events],
  }
}

/** Returns the verdict of a validation without a device. */
export function expectedVerdict({ status }: Expected): string {
  return status === 'active' ? 'valid' : `LICENSE_${status.toUpperCase()}`
}
