import type { ImportOutcome } from '~/domain/imports.ts'
import {
  createBatch,
  createWrite,
  type ImportDeps,
  type ImportOptions,
  type Line,
} from './batch.ts'
import { requireColumns } from './columns.ts'
import { createRehearsal } from './dry-run.ts'
import { isRecordFault, type Prepared, type Preparing, prepareRecord } from './prepare.ts'
import { type ReadRecord, readRecords } from './read.ts'
import { createSummary, type ImportEntry, type ImportSummary } from './report.ts'

/**
 * Imports the licenses of a file, a batch per transaction, and calls `report` for each record. What a
 * former import has written already is skipped, so an import that was stopped continues when it is
 * repeated. Throws a Fault for a file that cannot be read.
 */
export async function importFile(
  deps: ImportDeps,
  options: ImportOptions,
  report: (entry: ImportEntry) => void,
): Promise<ImportSummary> {
  const summary = createSummary()
  const add = (entry: ImportEntry) => {
    summary.add(entry)
    report(entry)
  }
  const batch = createBatch()
  const write = options.isDryRun ? createRehearsal(deps, options) : createWrite(deps, options)
  let { hashing } = options
  const flush = async () => {
    const lines = batch.take()
    // Before the licenses, so that each is found from the moment it is there.
    if (hashing !== null && !options.isDryRun) await deps.store.imports.addHashing(hashing)
    hashing = null
    const outcomes = await write(lines)
    for (const [index, { line, prepared }] of lines.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined) add(toEntry(line, prepared, outcome))
    }
  }
  const preparing = { ...options, vault: deps.vault }
  const checkHeaders = (headers: readonly string[]) => requireColumns(options, headers)
  for await (const record of readRecords(options.path, options.source.lists, checkHeaders)) {
    const entry = prepare(record, options, preparing)
    if ('kind' in entry) add(entry)
    else {
      if (batch.isFullFor(entry.prepared.order)) await flush()
      batch.add(entry)
    }
  }
  await flush()
  return summary.get()
}

function prepare(
  read: ReadRecord,
  { source, columns }: ImportOptions,
  preparing: Preparing,
): Line | ImportEntry {
  const { line } = read
  let id: string | null = null
  const settle = (kind: 'refused' | 'other', ...notes: string[]) =>
    ({ kind, line, id, notes, activations: 0 }) as const
  if ('flaw' in read) return settle('refused', read.flaw)
  try {
    const translation = source.translate(read.record, columns)
    if (translation.kind === 'other') return settle('other')
    id = translation.kind === 'license' ? translation.license.id : translation.licenseId
    return { line, prepared: prepareRecord(translation, preparing) }
  } catch (error) {
    if (!isRecordFault(error)) throw error
    return settle('refused', error.message)
  }
}

function toEntry(
  line: number,
  { id, order, notes }: Prepared,
  outcome: ImportOutcome,
): ImportEntry {
  const isLost = outcome.kind === 'refused' && order.kind === 'license' && order.planSlug === null
  return {
    ...outcome,
    line,
    id,
    notes: outcome.kind === 'existing' ? outcome.notes : [...outcome.notes, ...notes],
    ...(isLost && { missingPlan: order.license.plan }),
  }
}
