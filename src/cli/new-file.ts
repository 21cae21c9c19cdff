import { accessSync, constants, existsSync } from 'node:fs'
import { Fault } from '~/domain/faults.ts'

/** Throws a Fault for the path of a file that exists, which no command overwrites. */
export function requireNewPath(path: string): void {
  if (!existsSync(path)) return
  throw new Fault('already_exists', `${path} already exists. Choose another name.`)
}

/** Throws a Fault for a directory in which no file can be created. */
export function requireWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK)
  } catch (cause) {
    const detail = `No file can be created in ${directory}. Create this directory or make it writable, or choose another.`
    throw new Fault('not_found', detail, { cause })
  }
}
