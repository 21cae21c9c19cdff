import { T0 } from '../samples.ts'
import {
  buildRecord,
  type JudgeCase,
  type JudgeOptions,
  type LicenseRecord,
  pinnedOptions,
  type Ruling,
  type State,
  type Step,
} from './case.ts'

/** When the samples are imported. */
export const NOW = T0 + 60

/** A case of one import. */
export interface ImportRow {
  readonly id: string
  readonly description: string
  readonly record?: Partial<LicenseRecord>
  readonly text: string
  readonly expected: { readonly error: string } | Ruling
  readonly options?: JudgeOptions
  readonly now?: number
}

export function buildImportCase(
  action: 'importFile' | 'importRevocations',
  row: ImportRow,
): JudgeCase {
  const record = buildRecord(row.record)
  const expected = 'error' in row.expected ? { ...row.expected, record } : row.expected
  const now = row.now ?? NOW
  const step: Step =
    action === 'importFile'
      ? { now, importFile: row.text, expected }
      : { now, importRevocations: row.text, expected }
  const options = { ...pinnedOptions, ...row.options }
  return { id: row.id, description: row.description, options, record, steps: [step] }
}

export function rule(state: State, refresh: boolean, changes: Partial<LicenseRecord>): Ruling {
  return { state, refresh, record: buildRecord(changes) }
}
