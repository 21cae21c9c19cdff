import { testKeys } from '../test-keys.ts'
import { listArmorCases } from './armor.ts'
import { listBindingCases } from './bindings.ts'
import { listClaimCases } from './claims.ts'
import { listFormatCases } from './format.ts'
import { listHeaderCases } from './headers.ts'
import { listJsonCases } from './json.ts'
import { listRequestCases } from './requests.ts'
import { listRevocationCases } from './revocations.ts'
import { listSignatureCases } from './signatures.ts'
import { listTimeCases } from './times.ts'

/** Returns the contents of `tokens.json`. */
export function buildTokenVectors() {
  const keys = Object.entries(testKeys).map(([name, { kid, x }]) => [name, { kid, x }])
  return {
    about: [
      'Signed tokens, and what a verifier must say about each: see README.md, "Tokens".',
      'Verify "text" with "options". If "expected.ok" is false, the code must be equal. If it is true, the members of "expected" must be equal to what the verifier found.',
      'The keys are for tests only: their seeds are public. Never pin one of them in an app.',
    ],
    keys: Object.fromEntries(keys),
    cases: [
      ...listFormatCases(),
      ...listHeaderCases(),
      ...listJsonCases(),
      ...listArmorCases(),
      ...listSignatureCases(),
      ...listClaimCases(),
      ...listRequestCases(),
      ...listBindingCases(),
      ...listRevocationCases(),
      ...listTimeCases(),
    ],
  }
}
