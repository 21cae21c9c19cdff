/** Everything that Licet tells of, as the contract's section 8 names it. */
export const eventTypes = [
  'license.created',
  'license.activated',
  'license.updated',
  'license.renewed',
  'license.suspended',
  'license.reinstated',
  'license.expiring',
  'license.expired',
  'license.revoked',
  'license.key_rotated',
  'activation.created',
  'activation.deleted',
  'license.limit_reached',
  'license.sharing_suspected',
  'customer.erased',
  'webhook.disabled',
  'webhook.test',
] as const
export type EventType = (typeof eventTypes)[number]
