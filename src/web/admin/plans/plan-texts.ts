import type { Plan } from '~/wire/plans.ts'
import { count } from '../../shared/format.tsx'

/** Describes the limits of a plan, such as `3 domains, 5 devices`. */
export function describeLimits(
  plan: Pick<Plan, 'max_domains' | 'max_devices' | 'max_seats'>,
): string {
  const parts = [
    plan.max_domains !== null && count(plan.max_domains, 'domain'),
    plan.max_devices !== null && count(plan.max_devices, 'device'),
    plan.max_seats !== null && count(plan.max_seats, 'seat'),
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'No limits' : parts.join(', ')
}

/** Describes how long licenses of a plan are valid, such as `365 days + 7 of grace`. */
export function describeTerm({
  duration_days: days,
  grace_days: grace,
}: Pick<Plan, 'duration_days' | 'grace_days'>): string {
  if (days === null) return 'Perpetual'
  return grace === 0 ? count(days, 'day') : `${count(days, 'day')} + ${grace} of grace`
}

/** Suggests a slug for a name, such as `team-yearly` for `Team (yearly)`. */
export function suggestSlug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '')
}
