import { randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isOwner, OWNER_LETTERS } from '~/domain/backup-names.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

const pathOf = (dataDir: string) => join(dataDir, 'backup-owner')

/** Facts that distinguish a file from its copy, and do not change with a restart. */
interface FileMark {
  readonly inode: bigint
  /** When the file was created; 0 if the file system does not record it. */
  readonly bornAtNs: bigint
}

interface OwnerFile {
  readonly owner: string
  /** Null if someone has written the file by hand. */
  readonly mark: FileMark | null
  readonly isCopy: boolean
}

/**
 * Returns the letters in the names of the backups of a data directory; null if it has made none, or is a
 * copy of one that has.
 */
export function findOwner(dataDir: string): string | null {
  const file = readOwner(pathOf(dataDir))
  return file === null || file.isCopy ? null : file.owner
}

/**
 * Returns the letters in the names of the backups of a data directory, and chooses them first if there
 * are none. So directories with the same target never delete the backups of one another. A copy of a
 * directory chooses letters of its own: then `onCopy` is called with a warning.
 */
export function openOwner(dataDir: string, onCopy: (warning: string) => void): string {
  const path = pathOf(dataDir)
  const known = readOwner(path)
  if (known !== null && known.mark !== null && !known.isCopy) return known.owner
  const owner = known === null || known.isCopy ? chooseOwner() : known.owner
  try {
    writePrivateFile(path, (file) => {
      const { inode, bornAtNs } = readMark(file)
      return `${owner}\n${inode} ${bornAtNs}\n`
    })
  } catch (cause) {
    const reason = reasonOf(cause)
    const detail = `${path} cannot be written: ${reason}. Check that its disk is neither full nor read-only.`
    throw new Fault('unavailable', detail, { cause })
  }
  if (known?.isCopy) onCopy(describeCopy(dataDir, known.owner, owner))
  return owner
}

function describeCopy(dataDir: string, former: string, owner: string): string {
  return `${dataDir} is a copy of another data directory, so the letters ${owner} are in the names of its backups, and those with ${former} are not deleted. If the directory was moved to another disk instead, keep its letters: write ${former} to ${pathOf(dataDir)}`
}

const chooseOwner = () =>
  Array.from({ length: OWNER_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('')

function readOwner(path: string): OwnerFile | null {
  try {
    const [owner = '', inode, bornAtNs] = readFileSync(path, 'utf8').trim().split(/\s+/)
    if (!isOwner(owner)) return null
    if (inode === undefined || bornAtNs === undefined) return { owner, mark: null, isCopy: false }
    const mark = { inode: BigInt(inode), bornAtNs: BigInt(bornAtNs) }
    return { owner, mark, isCopy: !isSameFile(mark, readMark(path)) }
  } catch {
    return null
  }
}

function readMark(path: string): FileMark {
  const { ino: inode, birthtimeNs: bornAtNs } = statSync(path, { bigint: true })
  return { inode, bornAtNs }
}

/** Inodes are compared only without a time: some network disks number files anew after each mount. */
function isSameFile(recorded: FileMark, found: FileMark): boolean {
  const haveTimes = recorded.bornAtNs > 0n && found.bornAtNs > 0n
  return haveTimes ? recorded.bornAtNs === found.bornAtNs : recorded.inode === found.inode
}
