import type { License } from '~/wire/licenses.ts'
import { formatDay, formatNumber } from '../../shared/format.tsx'
import { Badge, type Tone } from '../../shared/states.tsx'

export const statusTexts = {
  active: 'Active',
  suspended: 'Suspended',
  expired: 'Expired',
  revoked: 'Revoked',
} as const satisfies Record<License['status'], string>

const tones: Readonly<Record<License['status'], Tone>> = {
  active: 'good',
  suspended: 'warn',
  expired: 'neutral',
  revoked: 'bad',
}

/** The status of a license as a word; why and since when is in the tooltip. */
export function StatusBadge({ license }: { license: License }) {
  return (
    <span title={explainStatus(license)}>
      <Badge tone={tones[license.status]}>{statusTexts[license.status]}</Badge>
    </span>
  )
}

function explainStatus(license: License): string | undefined {
  if (license.revoked_at !== null) return `Since ${formatDay(license.revoked_at)}`
  if (license.suspended_at !== null) {
    const reason = license.suspension_reason === null ? '' : `: ${license.suspension_reason}`
    return `Since ${formatDay(license.suspended_at)}${reason}`
  }
  if (license.starts_on !== undefined) return 'Its term starts with the first validation'
  if (license.expires_at === null) return 'Never expires'
  return `${license.status === 'expired' ? 'Since' : 'Until'} ${formatDay(license.expires_at)}`
}

/** How many slots are in use, and how many there are: `2 / 5`. */
export function Slots({ used, max }: { used: number; max: number | null }) {
  if (max === null) return <span title="No limit">{formatNumber(used)}</span>
  return (
    <span>
      {formatNumber(used)} <span class="muted">/ {formatNumber(max)}</span>
    </span>
  )
}
