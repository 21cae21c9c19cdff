import type { BoundFile } from '~/domain/file-issuance.ts'
import type { LicenseFile } from '~/domain/license-files.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { LicenseFiles } from '../signing-port.ts'
import { selectActivations } from './activations.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow } from './rows.ts'
import { licenseFiles } from './schema.ts'
import type { Writer } from './writer.ts'

export function createLicenseFiles(engine: Engine): LicenseFiles {
  return {
    list: (licenseId, page) =>
      readNewest(engine, licenseFiles, page, toFile, 'license_id = $1', [licenseId]),
    findByReturn: async (licenseId, returnHash) => {
      const condition = 'WHERE license_id = $1 AND return_hash = $2 LIMIT 1'
      const values = [licenseId, returnHash]
      const row = await selectRow(engine, licenseFiles, undefined, condition, values)
      return row === null ? null : toFile(row)
    },
  }
}

/** Reads a file with those of its activations that are left. */
export async function readBoundFile(reading: Reading, id: string): Promise<BoundFile | null> {
  const row = await selectRow(reading, licenseFiles, undefined, 'WHERE id = $1', [id])
  if (row === null) return null
  const file = toFile(row)
  const left = await selectActivations(reading, 'license_id = $1 AND id = ANY($2::text::text[])', [
    file.licenseId,
    formatArray(file.activationIds),
  ])
  const byId = new Map(left.map((activation) => [activation.id, activation]))
  return { file, activations: file.activationIds.flatMap((each) => byId.get(each) ?? []) }
}

function toFile({ position: _order, ...file }: typeof licenseFiles.$inferSelect): LicenseFile {
  return file
}

/** Writes a file that a decision has issued, inside its transaction. */
export function sendFile(tx: Tx, writer: Writer, file: LicenseFile): void {
  writer.send(() => insertRows(tx, licenseFiles, [file]))
  writer.run(
    `UPDATE activations SET files_until_ms = greatest(files_until_ms, $1)
     WHERE id = ANY($2::text::text[])`,
    [file.expiresAtMs, formatArray(file.activationIds)],
  )
}

/** Records that a file was returned. The first return counts. */
export function sendReturn(writer: Writer, { id }: LicenseFile, returnedAtMs: number): void {
  writer.run(
    'UPDATE license_files SET returned_at_ms = $2 WHERE id = $1 AND returned_at_ms IS NULL',
    [id, returnedAtMs],
  )
}
