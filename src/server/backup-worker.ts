import { parentPort, workerData } from 'node:worker_threads'
import type { BackupCheck } from '~/domain/backups.ts'
import { Fault } from '~/domain/faults.ts'
import { inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { backUp } from './backup.ts'
import { hashFile } from './backup-hash.ts'
import { lowerPriority } from './priority.ts'

/** The Worker thread that makes or verifies one backup, and then ends: see `backups.ts`. */

export type BackupTask =
  | {
      readonly kind: 'create'
      readonly dataDir: string
      readonly target: string
      readonly unfinished: string
    }
  | {
      readonly kind: 'verify'
      readonly path: string
      readonly sha256: string | null
      readonly secretCheck: string
    }

export type BackupReply =
  | { readonly kind: 'created'; readonly warning: string | null }
  | { readonly kind: 'verified'; readonly checks: readonly BackupCheck[] }
  /** `isFault`: the message is for people. */
  | { readonly kind: 'failed'; readonly message: string; readonly isFault: boolean }

// On other systems this would change the priority of the whole process.
if (process.platform === 'linux') lowerPriority()
parentPort?.postMessage(await run(workerData))

async function run(task: BackupTask): Promise<BackupReply> {
  try {
    if (task.kind === 'verify') return { kind: 'verified', checks: await verify(task) }
    return { kind: 'created', warning: backUp(task) }
  } catch (error) {
    const isFault = error instanceof Fault
    return { kind: 'failed', message: isFault ? error.message : Bun.inspect(error), isFault }
  }
}

function verify({ path, sha256, secretCheck }: Extract<BackupTask, { kind: 'verify' }>) {
  const isSame = sha256 === null || hashFile(path) === sha256
  const problem = isSame ? null : 'its SHA-256 is not the one that was recorded beside it'
  const checks = inspectDatabase(path, secretCheck, 'rows')
  return sha256 === null ? checks : [{ name: 'the file is as it was written', problem }, ...checks]
}
