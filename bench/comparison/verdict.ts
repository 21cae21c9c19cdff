import type { Verdict } from '~/wire/validations.ts'
import { TERMS } from '../terms.ts'

/** The constant response of the servers that validate nothing. */
export const verdict: Verdict = {
  valid: true,
  license: { id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k', ...TERMS },
  warnings: [],
}
