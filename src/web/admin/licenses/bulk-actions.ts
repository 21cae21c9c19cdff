import type { BulkBody } from '~/wire/license-requests.ts'

export type BulkAction = 'suspend' | 'reinstate' | 'renew' | 'update' | 'revoke'

interface ActionText {
  /** On the button. */
  readonly verb: string
  /** After a number: `3 licenses suspended`. */
  readonly done: string
  readonly effect: string
  readonly isDanger?: boolean
}

export const bulkTexts: Readonly<Record<BulkAction, ActionText>> = {
  suspend: {
    verb: 'Suspend',
    done: 'suspended',
    effect: 'Apps get LICENSE_SUSPENDED until the licenses are reinstated.',
  },
  reinstate: {
    verb: 'Reinstate',
    done: 'reinstated',
    effect: 'Suspended licenses work again at once.',
  },
  renew: {
    verb: 'Renew',
    done: 'renewed',
    effect: 'The time is added to the expiration, or counts from now if it has passed.',
  },
  update: {
    verb: 'Change plan',
    done: 'changed',
    effect:
      'Limits and features of the new plan apply at once, except where a license overrides them.',
  },
  revoke: {
    verb: 'Revoke',
    done: 'revoked',
    effect: 'Apps get LICENSE_REVOKED from now on. This cannot be undone.',
    isDanger: true,
  },
}

/** The input for an action. Each action reads some of it. */
export interface BulkInput {
  readonly reason: string
  readonly days: string
  readonly plan: string
  readonly expiry: '' | 'keep' | 'plan'
}

export const emptyInput: BulkInput = { reason: '', days: '', plan: '', expiry: '' }

/** The fields of the request that the input stands for. */
export function buildBulkFields(
  action: BulkAction,
  { reason, days, plan, expiry }: BulkInput,
): Omit<BulkBody, 'ids' | 'filter' | 'dry_run'> {
  if (action === 'suspend' || action === 'revoke') {
    return reason.trim() === '' ? { action } : { action, reason: reason.trim() }
  }
  if (action === 'renew') return days === '' ? { action } : { action, days: Number(days) }
  if (action === 'update') return expiry === '' ? { action, plan } : { action, plan, expiry }
  return { action }
}
