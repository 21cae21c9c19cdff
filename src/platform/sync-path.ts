import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'

/**
 * Syncs a file or a directory to disk. Windows syncs only files that are open for writing, and no directories: its
 * file system logs renames by itself.
 */
export function syncPath(path: string): void {
  const isWindows = process.platform === 'win32'
  if (isWindows && statSync(path).isDirectory()) return
  const file = openSync(path, isWindows ? 'r+' : 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
