import {
  buildRecord,
  type JudgeCase,
  type JudgeOptions,
  judgeOnce,
  type LicenseRecord,
  noRequest,
  type State,
} from './case.ts'

/** A case in which the record decides, because there was no request. */
export interface RecordRow {
  readonly id: string
  readonly description: string
  readonly record: Partial<LicenseRecord> | { readonly damaged: unknown }
  readonly now: number
  readonly state: State
  readonly refresh: boolean
  readonly floor?: number
  readonly options?: JudgeOptions
}

export function buildRecordCase(row: RecordRow, defaults: JudgeOptions): JudgeCase {
  const { id, description, now, state, refresh } = row
  const isDamaged = 'damaged' in row.record
  const record = 'damaged' in row.record ? row.record.damaged : buildRecord(row.record)
  const base = 'damaged' in row.record ? buildRecord({ floor: 0 }) : buildRecord(row.record)
  // The floor follows the time once it is an hour ahead.
  const floor = row.floor ?? (isDamaged || now >= base.floor + 3600 ? now : base.floor)
  return judgeOnce(
    id,
    description,
    { options: { ...defaults, ...row.options }, record, now, outcome: noRequest },
    { state, refresh, record: { ...base, floor } },
  )
}
