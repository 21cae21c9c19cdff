import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { createFolder } from '~/platform/sqlite-files.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'

const NAME = 'backup-work'
const LOCK = /^lock\.sqlite/

/** A private folder for copies that are decrypted, or not encrypted yet. Disposal deletes them. */
export interface Workspace extends Disposable {
  at(name: string): string
}

/**
 * Opens the folder in a data directory. One process uses it at a time, so whatever is in it is from
 * one that was killed, and is deleted. Throws a Fault `in_use` while another process uses it.
 */
export function openWorkspace(dataDir: string): Workspace {
  const isNewDirectory = !existsSync(dataDir)
  const folder = join(dataDir, NAME)
  prepareFolder(folder)
  const detail = `Another backup of ${dataDir} is being made, restored or checked. Wait for it to finish, then try again.`
  const lock = lockDirectory(folder, detail)
  removeContents(folder)
  return {
    at: (name) => join(folder, name),
    [Symbol.dispose]: () => {
      removeContents(folder)
      lock[Symbol.dispose]()
      if (isNewDirectory) removeDirectory(dataDir)
    },
  }
}

function prepareFolder(folder: string): void {
  try {
    createFolder(folder)
  } catch (cause) {
    const detail = `The folder ${folder} for copies of backups cannot be used: ${reasonOf(cause)}.`
    throw new Fault('unavailable', detail, { cause })
  }
}

/** Whether a process is using the folder. */
export function isWorkspaceInUse(dataDir: string): boolean {
  const folder = join(dataDir, NAME)
  if (!existsSync(folder)) return false
  try {
    lockDirectory(folder, 'It is in use.')[Symbol.dispose]()
    return false
  } catch (error) {
    if (error instanceof Fault) return error.kind === 'in_use'
    throw error
  }
}

/** Deletes what a killed process has left, unless another one uses the folder. */
export function removeLeftovers(dataDir: string): void {
  if (!existsSync(join(dataDir, NAME))) return
  try {
    openWorkspace(dataDir)[Symbol.dispose]()
  } catch (error) {
    // It is tried again at the next backup.
    if (!(error instanceof Fault)) throw error
  }
}

function removeContents(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!LOCK.test(name)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** Deletes a data directory that was only created for the folder. */
function removeDirectory(dataDir: string): void {
  rmSync(join(dataDir, NAME), { recursive: true, force: true })
  if (readdirSync(dataDir).length === 0) rmdirSync(dataDir)
}
