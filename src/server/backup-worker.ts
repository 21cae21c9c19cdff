import { parentPort, workerData } from 'node:worker_threads'
import { isEncryptedName } from '~/domain/backup-names.ts'
import type { BackupCheck } from '~/domain/backups.ts'
import { Fault, type FaultKind } from '~/domain/faults.ts'
import { inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { backUp } from './backup.ts'
import { inspectHash } from './backup-hash.ts'
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
  /** `fault` is null if the message is not for people. */
  | { readonly kind: 'failed'; readonly message: string; readonly fault: FaultKind | null }

/** The first message of a shipment, once no other process can make a backup. */
export interface BackupStart {
  readonly kind: 'started'
}

// On other systems this would change the priority of the whole process.
if (process.platform === 'linux') lowerPriority()
parentPort?.postMessage(await run(workerData))

async function run(task: BackupTask): Promise<BackupReply> {
  try {
    switch (task.kind) {
      case 'verify':
        return { kind: 'verified', checks: verify(task) }
      case 'ship':
        return { kind: 'shipped', shipped: await ship(task.shipment, noteStart) }
      default:
        return { kind: 'created', warning: backUp(task) }
    }
  } catch (error) {
    if (!(error instanceof Fault)) {
      return { kind: 'failed', message: Bun.inspect(error), fault: null }
    }
    return { kind: 'failed', message: error.message, fault: error.kind }
  }
}

function noteStart(): void {
  const start: BackupStart = { kind: 'started' }
  parentPort?.postMessage(start)
}

function verify({ path, sha256, secretCheck }: Verification): readonly BackupCheck[] {
  const comparison = inspectHash(path, sha256)
  if (!isEncryptedName(path)) return [...comparison, ...inspectDatabase(path, secretCheck, 'rows')]
  if (sha256 !== null) return comparison
  const problem = 'it is encrypted, and its SHA-256 was not recorded. Use licet check --identity'
  return [{ name: 'the file is as it was written', problem }]
}
