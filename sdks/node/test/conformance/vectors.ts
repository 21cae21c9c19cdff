import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAJOR_VERSION = 1

/** Returns the folder of the conformance suite, also for tests that were compiled to another place. */
export function findSuite(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'sdks', 'conformance'))) {
    if (folder === dirname(folder)) throw new Error('The conformance suite is missing.')
    folder = dirname(folder)
  }
  return join(folder, 'sdks', 'conformance')
}

/** Reads a file of test cases. Throws if it is for another major version of the suite. */
export function readVectors<Vectors>(name: string): Vectors {
  const text = readFileSync(join(findSuite(), 'vectors', name), 'utf8')
  const { version = `${MAJOR_VERSION}`, ...vectors } = JSON.parse(text)
  if (Number.parseInt(version, 10) !== MAJOR_VERSION) {
    throw new Error(`${name} is of version ${version} of the suite.`)
  }
  return vectors
}
