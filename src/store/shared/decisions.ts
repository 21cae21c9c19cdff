import type { Activation } from '~/domain/activations.ts'
import type { Change } from '~/domain/decisions.ts'
import { foldEmail } from '~/domain/emails.ts'
import type { License } from '~/domain/licenses.ts'
import { foldText } from '~/domain/text.ts'

export type ChangeOf<Type extends Change['type']> = Extract<Change, { readonly type: Type }>
export function getLicenseId(change: Change): string {
  if ('license' in change) return change.license.id
  if ('licenseId' in change) return change.licenseId
  if ('file' in change) return change.file.licenseId
  return 'activation' in change ? change.activation.licenseId : change.seat.licenseId
}

/** Returns how often each value occurs. */
export function countEach(values: readonly (string | null)[]): ReadonlyMap<string | null, number> {
  const counts = new Map<string | null, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** Returns the columns by which customers are searched. */
export function foldCustomer({ customerEmail, customerName }: Partial<License>) {
  return {
    ...(customerEmail !== undefined && {
      customerEmailFolded: customerEmail && foldEmail(customerEmail),
    }),
    ...(customerName !== undefined && {
      customerNameFolded: customerName && foldText(customerName),
    }),
  }
}

/** Returns the column that counts such an activation; null for a development domain. */
export function findUseColumn({ kind, root, isFree }: Activation) {
  if (isFree && root === null) return null
  return kind === 'device' ? 'devicesUsed' : isFree ? 'freeDomainsUsed' : 'domainsUsed'
}
