import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ID_BYTES = 8
const NAME = /^([0-9a-f]{16})\.(\d{1,12})$/

/**
 * Returns the name of this process: an ID of the locked data directory, and the number of this start. By
 * that the primary knows that earlier processes of the directory have ended, and waits for them no more.
 * A directory that cannot be written has a new ID at each start.
 */
export function takeProcessName(directory: string, onError: (error: unknown) => void): string {
  const path = join(directory, 'process')
  const [, id, starts] = NAME.exec(readName(path)) ?? []
  const name =
    id === undefined ? `${randomBytes(ID_BYTES).toString('hex')}.1` : `${id}.${Number(starts) + 1}`
  try {
    writeFileSync(`${path}.unfinished`, name, { mode: 0o600, flush: true })
    renameSync(`${path}.unfinished`, path)
    return name
  } catch (error) {
    onError(error)
    return `${randomBytes(ID_BYTES).toString('hex')}.1`
  }
}

function readName(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return ''
  }
}
