import type { ImportOutcome } from '~/domain/imports.ts'

/** Names of missing plans that are listed. */
const PLANS_MAX = 1000

/** The result for one record of a file. */
export interface ImportEntry extends Omit<ImportOutcome, 'kind'> {
  /** `other` is a record that is about no license. */
  readonly kind: ImportOutcome['kind'] | 'other'
  /** The line of the file where the record begins. */
  readonly line: number
  /** The ID in the source; null if it is unknown. */
  readonly id: string | null
  /** The plan of the source that is mapped to none, if that is why it was refused. */
  readonly missingPlan?: string | null
}

export interface ImportSummary {
  readonly counts: Readonly<Record<ImportEntry['kind'], number>>
  readonly activations: number
  /** How many records were imported or changed, but not as a whole. */
  readonly noted: number
  /** The plans of the source that are mapped to none, with the number of their records. */
  readonly missingPlans: ReadonlyMap<string, number>
}

/** The parts of sentences that differ from record to record. */
const VALUES = [
  /(?<=^Its plan ).*(?= is none of yours)/,
  /^.{1,80}?(?= is no domain)/,
  /(?<=: ).*$/,
  /\b[\w.-]+:\S+|\blic_\w+/g,
  /\d+/g,
]

/** Returns the sentences about a record without its values: those of records of one kind are equal. */
export function findKind({ notes }: ImportEntry): string {
  const sentences = notes.map((note) =>
    VALUES.reduce((sentence, value) => sentence.replace(value, '…'), note),
  )
  return sentences.join(' ')
}

/** Counts the results of an import. */
export function createSummary() {
  const counts = { imported: 0, existing: 0, changed: 0, refused: 0, other: 0 }
  const missingPlans = new Map<string, number>()
  let activations = 0
  let noted = 0
  return {
    add(entry: ImportEntry): void {
      const { kind, missingPlan } = entry
      counts[kind] += 1
      activations += entry.activations
      if (kind !== 'refused' && entry.notes.length > 0) noted += 1
      if (missingPlan == null) return
      const isListed = missingPlans.size < PLANS_MAX || missingPlans.has(missingPlan)
      if (isListed) missingPlans.set(missingPlan, (missingPlans.get(missingPlan) ?? 0) + 1)
    },
    get: (): ImportSummary => ({ counts, activations, noted, missingPlans }),
  }
}
