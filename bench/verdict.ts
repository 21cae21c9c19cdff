import type { Verdict } from '~/wire/validations.ts'

/** The constant response of the servers that validate nothing. */
export const verdict: Verdict = {
  valid: true,
  license: {
    id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
    plan: 'bench',
    expiresAt: '2099-01-01T00:00:00Z',
    features: { sso: true, projects: 10 },
  },
  warnings: [],
}
