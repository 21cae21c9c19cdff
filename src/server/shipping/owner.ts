import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOwner, OWNER_LETTERS } from '~/domain/backup-names.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

const pathOf = (dataDir: string) => join(dataDir, 'backup-owner')

/** Returns the letters in the names of the backups of a data directory; null if it has made none. */
export function findOwner(dataDir: string): string | null {
  try {
    const owner = readFileSync(pathOf(dataDir), 'utf8').trim()
    return isOwner(owner) ? owner : null
  } catch {
    return null
  }
}

/**
 * Returns the letters in the names of the backups of a data directory, and chooses them first if there
 * are none. So directories with the same target never delete the backups of one another.
 */
export function openOwner(dataDir: string): string {
  const known = findOwner(dataDir)
  if (known !== null) return known
  const owner = Array.from({ length: OWNER_LETTERS }, () => LETTERS[randomInt(LETTERS.length)])
  try {
    writePrivateFile(pathOf(dataDir), `${owner.join('')}\n`)
  } catch (cause) {
    const reason = reasonOf(cause)
    const detail = `${pathOf(dataDir)} cannot be written: ${reason}. Check that its disk is neither full nor read-only.`
    throw new Fault('unavailable', detail, { cause })
  }
  return owner.join('')
}
