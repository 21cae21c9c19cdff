import { type LicenseTerms, resolveEntitlements } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { toTimestamp } from '~/domain/times.ts'
import type * as domain from '~/domain/validations.ts'
import type { Verdict } from './validations.ts'

/** Presents a verdict. The file imports no schemas, because it also runs where a bundle must be small. */
export function presentVerdict(
  verdict: domain.Verdict,
  license: LicenseTerms,
  plan: Plan,
): Verdict {
  if (!verdict.valid) return verdict as Extract<Verdict, { valid: false }>
  const { expiresAtMs } = verdict
  return {
    valid: true,
    license: {
      id: license.id,
      plan: license.planSlug,
      expiresAt: expiresAtMs === null ? null : toTimestamp(expiresAtMs),
      features: resolveEntitlements(license, plan).features,
    },
    warnings: [...verdict.warnings],
  }
}
