import { and, eq, isNull } from 'drizzle-orm'
import type { BoundFile } from '~/domain/file-issuance.ts'
import type { LicenseFile } from '~/domain/license-files.ts'
import { readPageByPosition } from '../shared/pages.ts'
import type { LicenseFiles } from '../signing-port.ts'
import { readById } from './activations.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals, selectNewest } from './parameters.ts'
import { licenseFiles } from './schema.ts'

export function prepareLicenseFiles(db: Db) {
  const isOfLicense = equals(licenseFiles.licenseId, 'licenseId')
  const hasHash = equals(licenseFiles.returnHash, 'returnHash')
  const select = () => db.select().from(licenseFiles)
  return {
    newest: selectNewest(select().$dynamic(), licenseFiles.position, isOfLicense).prepare(),
    byId: select().where(equals(licenseFiles.id, 'id')).prepare(),
    holdActivation: db.$client.prepare<unknown, [untilMs: number, activationId: string]>(
      'UPDATE activations SET files_until_ms = max(files_until_ms, ?) WHERE id = ?',
    ),
    byReturn: select().where(and(isOfLicense, hasHash)).limit(1).prepare(),
  }
}

export function createLicenseFiles({ committed }: Engine): LicenseFiles {
  return {
    list: async (licenseId, page) =>
      readPageByPosition(
        page,
        (range) => committed.statements.licenseFiles.newest.all({ ...range, licenseId }),
        toFile,
      ),
    findByReturn: async (licenseId, returnHash) => {
      const row = committed.statements.licenseFiles.byReturn.get({ licenseId, returnHash })
      return row === undefined ? null : toFile(row)
    },
  }
}

/** Reads a file with those of its activations that are left. */
export function readBoundFile(engine: Reading, id: string): BoundFile | null {
  const row = engine.statements.licenseFiles.byId.get({ id })
  if (row === undefined) return null
  const file = toFile(row)
  const activations = file.activationIds.flatMap(
    (activationId) => readById(engine, file.licenseId, activationId) ?? [],
  )
  return { file, activations }
}

function toFile({ position: _order, ...file }: typeof licenseFiles.$inferSelect): LicenseFile {
  return file
}

/** Writes a file that a decision has issued, inside its transaction. */
export function insertFile({ db, statements }: Engine, file: LicenseFile): void {
  db.insert(licenseFiles).values(file).run()
  for (const id of file.activationIds) {
    statements.licenseFiles.holdActivation.run(file.expiresAtMs, id)
  }
}

/** Records that a file was returned. The first return counts. */
export function returnFile({ db }: Engine, { id }: LicenseFile, returnedAtMs: number): void {
  const isOut = and(eq(licenseFiles.id, id), isNull(licenseFiles.returnedAtMs))
  db.update(licenseFiles).set({ returnedAtMs }).where(isOut).run()
}
