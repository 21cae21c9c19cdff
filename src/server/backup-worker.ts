import { parentPort, workerData } from 'node:worker_threads'
import { isEncryptedName } from '~/domain/backup-names.ts'
import type { BackupCheck } from '~/domain/backups.ts'
import { Fault } from '~/domain/faults.ts'
import { inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { backUp } from './backup.ts'
import { hashFile } from './backup-hash.ts'
import { lowerPriority } from './priority.ts'
import { type Shipment, type Shipped, ship } from './shipping/ship.ts'

/** The Worker thread that makes, verifies or ships one backup, and then ends: see `backup-tasks.ts`. */

interface Verification {
  readonly kind: 'verify'
  readonly path: string
  readonly sha256: string | null
  readonly secretCheck: string
}

export type BackupTask =
  | {
      readonly kind: 'create'
      readonly dataDir: string
      readonly target: string
      readonly unfinished: string
    }
  | Verification
  | { readonly kind: 'ship'; readonly shipment: Shipment }

export type BackupReply =
  | { readonly kind: 'created'; readonly warning: string | null }
  | { readonly kind: 'verified'; readonly checks: readonly BackupCheck[] }
  | { readonly kind: 'shipped'; readonly shipped: Shipped }
  /** `isFault`: the message is for people. */
  | { readonly kind: 'failed'; readonly message: string; readonly isFault: boolean }

// On other systems this would change the priority of the whole process.
if (process.platform === 'linux') lowerPriority()
parentPort?.postMessage(await run(workerData))

async function run(task: BackupTask): Promise<BackupReply> {
  try {
    switch (task.kind) {
      case 'verify':
        return { kind: 'verified', checks: verify(task) }
      case 'ship':
        return { kind: 'shipped', shipped: await ship(task.shipment) }
      default:
        return { kind: 'created', warning: backUp(task) }
    }
  } catch (error) {
    const isFault = error instanceof Fault
    return { kind: 'failed', message: isFault ? error.message : Bun.inspect(error), isFault }
  }
}

function verify({ path, sha256, secretCheck }: Verification): readonly BackupCheck[] {
  const isSame = sha256 === null || hashFile(path) === sha256
  const problem = isSame ? null : 'its SHA-256 is not the one that was recorded beside it'
  const asWritten = { name: 'the file is as it was written', problem }
  if (isEncryptedName(path)) {
    const missing = 'it is encrypted, and its SHA-256 was not recorded. Use licet check --identity'
    return [sha256 === null ? { ...asWritten, problem: missing } : asWritten]
  }
  const checks = inspectDatabase(path, secretCheck, 'rows')
  return sha256 === null ? checks : [asWritten, ...checks]
}
