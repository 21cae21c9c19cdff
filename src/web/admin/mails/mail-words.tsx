import type { Mail } from '~/wire/mails.ts'
import { Badge } from '../../shared/states.tsx'

export const kindNames: Readonly<Record<Mail['kind'], string>> = {
  key: 'License key',
  file: 'License file',
  expiring: 'Expires soon',
  past_due: 'Payment failed',
}

export const stateNames: Readonly<Record<Mail['state'], string>> = {
  pending: 'Waiting',
  sent: 'Sent',
  failed: 'Failed',
  canceled: 'Canceled',
}

const tones = { pending: 'neutral', sent: 'good', failed: 'bad', canceled: 'neutral' } as const

export function MailBadge({ mail: { state, tries } }: { mail: Mail }) {
  if (state === 'pending' && tries > 0) return <Badge tone="warn">Retrying</Badge>
  return <Badge tone={tones[state]}>{stateNames[state]}</Badge>
}

/** Returns the address, unless the customer was erased. */
export const nameRecipient = (mail: Mail): string => mail.customer_email ?? 'Erased customer'
