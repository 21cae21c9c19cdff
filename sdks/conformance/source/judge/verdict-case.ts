import { T0 } from '../samples.ts'
import {
  type JudgeCase,
  type JudgeOptions,
  judgeOnce,
  type LicenseRecord,
  type Outcome,
  type State,
} from './case.ts'

const NOW = T0 + 2

/** A case in which a verdict decides, two seconds after it was issued. */
export type VerdictRow = readonly [
  id: string,
  description: string,
  record: LicenseRecord,
  outcome: Outcome,
  state: State,
  changed: LicenseRecord,
  options?: JudgeOptions,
]

export function buildVerdictCases(
  rows: readonly VerdictRow[],
  defaults: JudgeOptions,
): JudgeCase[] {
  return rows.map(([id, description, record, outcome, state, changed, options]) =>
    judgeOnce(
      id,
      description,
      { options: { ...defaults, ...options }, record, now: NOW, outcome },
      { state, refresh: false, record: changed },
    ),
  )
}
