import { existsSync } from 'node:fs'
import { Fault } from '~/domain/faults.ts'

/** Throws a Fault for the path of a file that exists, which no command overwrites. */
export function requireNewPath(path: string): void {
  if (!existsSync(path)) return
  throw new Fault('already_exists', `${path} already exists. Choose another name.`)
}
