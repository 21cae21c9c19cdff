import type { License } from './licenses.ts'

/** The parts of an address that name the license: its ID, and the slugs of its plan and product. */
const placeholders = ['license', 'plan', 'product'] as const
const PLACEHOLDER = /\{([^{}]*)\}/g

/** Returns the names in braces that are no placeholders. */
export function findUnknownPlaceholders(template: string): string[] {
  const known: readonly string[] = placeholders
  return [...template.matchAll(PLACEHOLDER)].flatMap(([, name = '']) =>
    known.includes(name) ? [] : [name],
  )
}

/** Returns where a customer renews a license; null for one that never ends or has ended for good. */
export function buildRenewalUrl(
  template: string | null,
  license: Pick<License, 'id' | 'planSlug' | 'productSlug' | 'expiresAtMs' | 'revokedAtMs'>,
): string | null {
  const { id, planSlug, productSlug, expiresAtMs, revokedAtMs } = license
  if (template === null || expiresAtMs === null || revokedAtMs !== null) return null
  const values: Readonly<Record<string, string>> = {
    license: id,
    plan: planSlug,
    product: productSlug,
  }
  return template.replaceAll(PLACEHOLDER, (_all, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  )
}
