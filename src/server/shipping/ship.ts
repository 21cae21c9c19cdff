import { existsSync, rmSync, statSync } from 'node:fs'
import {
  isEncryptedName,
  type StoredBackup,
  toPlainName,
  toUsageName,
} from '~/domain/backup-names.ts'
import { listExpired, type Retention } from '~/domain/backup-schedule.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import type { BackupKey, BackupLocation } from '~/platform/config-backups.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import { backUp } from '../backup.ts'
import { hashFile } from '../backup-hash.ts'
import { requireSpace } from '../disk-space.ts'
import { encryptFile } from './encryption.ts'
import { findOwner } from './owner.ts'
import { type BackupTarget, openTarget } from './target.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** A backup that is made in the data directory and then brought to its target. */
export interface Shipment {
  readonly dataDir: string
  readonly location: BackupLocation | null
  readonly name: string
  readonly key: BackupKey | null
  readonly includesUsage: boolean
  /** Deletes old backups of the schedule afterwards; null deletes none. */
  readonly retention: (Retention & { readonly nowMs: number; readonly trustedMs: number }) | null
}

export interface Shipped {
  readonly bytes: number
  readonly sha256: string
  /** Data that the backup lacks; null if it is complete. */
  readonly warning: string | null
  readonly deleted: readonly string[]
  /** Old backups that could not be deleted, with the reason. */
  readonly notDeleted: readonly string[]
}

/**
 * Makes a backup, checks it, encrypts it if there is a key, and stores it, which reads it back. Throws a
 * Fault that says what to do; then the target has no part of it that would be taken for a backup.
 * `onStart` is called once no other process can make one; before that, it throws `in_use` if one does.
 */
export async function ship(
  shipment: Shipment,
  onStart: () => void = () => undefined,
): Promise<Shipped> {
  const { dataDir, location, name, includesUsage, retention } = shipment
  using workspace = openWorkspace(dataDir)
  onStart()
  const target = openTarget(location, dataDir)
  const bytes = measureNeed(shipment)
  // The copy, and beside it the same encrypted.
  requireSpace(workspace.at(''), isEncryptedName(name) ? 2 * bytes : bytes)
  await target.prepare(bytes)
  const owner = findOwner(dataDir)
  if (owner !== null) await target.removeLeftovers(owner)
  const plain = workspace.at(toPlainName(name))
  const warning = backUp({ dataDir, target: plain, unfinished: `${plain}.unfinished` })
  // The main file comes last: with it, the backup is complete.
  if (includesUsage) await shipUsage(shipment, workspace, target)
  const stored = await storeFile(shipment, workspace, target, { plain, name })
  const deletion =
    retention === null || warning !== null
      ? { deleted: [], notDeleted: [] }
      : await deleteExpired(target, name, retention)
  return { ...stored, warning, ...deletion }
}

function measureNeed({ dataDir, includesUsage }: Shipment): number {
  const { databaseBytes, databaseLogBytes, usageBytes, usageLogBytes } = measureStorage(dataDir)
  return databaseBytes + databaseLogBytes + (includesUsage ? usageBytes + usageLogBytes : 0)
}

async function shipUsage(shipment: Shipment, workspace: Workspace, target: BackupTarget) {
  const source = findUsageFile(shipment.dataDir)
  if (!existsSync(source)) return
  const name = toUsageName(shipment.name)
  const plain = workspace.at(toPlainName(name))
  try {
    copyDatabase(source, plain)
  } catch (cause) {
    const reason = reasonOf(cause)
    const detail = `The usage file cannot be backed up: ${reason}. Run licet check, or unset LICET_BACKUP_USAGE.`
    throw new Fault('unavailable', detail, { cause })
  }
  const damage = firstProblem(inspectDatabase(plain, null, 'file'))
  if (damage !== null) {
    throw new Fault('unavailable', `The usage file is damaged: ${damage}. Run licet check.`)
  }
  await storeFile(shipment, workspace, target, { plain, name })
}

async function storeFile(
  { key }: Shipment,
  workspace: Workspace,
  target: BackupTarget,
  { plain, name }: { readonly plain: string; readonly name: string },
) {
  const path = key === null ? plain : workspace.at(name)
  if (key !== null) {
    await encryptFile(plain, path, key)
    rmSync(plain)
  }
  const { size: bytes } = statSync(path)
  const sha256 = hashFile(path)
  await target.store({ path, name, sha256 })
  return { bytes, sha256 }
}

/** An old backup that cannot be deleted does not make the new one worse. */
async function deleteExpired(
  target: BackupTarget,
  name: string,
  retention: NonNullable<Shipment['retention']>,
) {
  const deleted: string[] = []
  const notDeleted: string[] = []
  const tryToDelete = async (old: StoredBackup) => {
    try {
      await target.delete(old.name)
      await target.delete(toUsageName(old.name))
      deleted.push(old.name)
    } catch (error) {
      notDeleted.push(`${old.name}: ${reasonOf(error)}`)
    }
  }
  const backups = await target.list().catch((error: unknown) => {
    notDeleted.push(reasonOf(error))
    return []
  })
  for (const old of listExpired(backups, { name }, retention, retention)) await tryToDelete(old)
  return { deleted, notDeleted }
}
