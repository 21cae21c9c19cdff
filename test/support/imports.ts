import { join } from 'node:path'
import type { KeyHashing } from '~/domain/key-hashes.ts'
import type { ImportOptions } from '~/importing/batch.ts'
import { importFile } from '~/importing/import.ts'
import type { ImportEntry } from '~/importing/report.ts'
import { csv } from '~/importing/sources/csv.ts'
import type { TestDeps } from './deps.ts'

export interface ImportChoices extends Partial<Omit<ImportOptions, 'path'>> {
  readonly hashing?: KeyHashing | null
}

/** Imports a text as a file, by default of the plain format. Plans of the source are slugs. */
export async function importText(
  { deps, directory }: Pick<TestDeps, 'deps' | 'directory'>,
  text: string,
  choices: ImportChoices = {},
) {
  const path = join(directory, 'export.csv')
  await Bun.write(path, text)
  const { source = csv } = choices
  const options: ImportOptions = {
    source,
    path,
    columns: new Map(),
    prefix: source.name,
    findPlan: ([plan]) => plan ?? 'team',
    hashing: null,
    updates: false,
    notifies: false,
    isDryRun: false,
    ...choices,
  }
  const entries: ImportEntry[] = []
  const summary = await importFile(deps, options, (entry) => void entries.push(entry))
  await Bun.file(path).delete()
  return { ...summary, entries }
}
