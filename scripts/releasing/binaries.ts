import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ReleaseError, requireSuccess } from './commands.ts'
import { installRuntime } from './runtimes.ts'
import { nameBinary, type Target } from './targets.ts'

export interface BuildOptions {
  readonly version: string
  readonly directory: string
  /** Whether to build in a second folder and to compare. */
  readonly verify: boolean
}

/**
 * Builds a binary for each platform in a directory. Returns their SHA-256 digests by name. Throws ReleaseError if
 * the second build differs.
 */
export function buildBinaries(
  targets: readonly Target[],
  { version, directory, verify }: BuildOptions,
): ReadonlyMap<string, string> {
  const digests = new Map<string, string>()
  const second = verify ? copySource() : null
  try {
    for (const target of targets) {
      const name = nameBinary(version, target)
      const runtime = resolve(installRuntime(target))
      const digest = build('.', target, runtime, join(directory, name))
      const repeated = second === null ? digest : build(second, target, runtime, join(second, name))
      if (repeated !== digest) {
        throw new ReleaseError(`${name} differs between two folders: ${digest} and ${repeated}`)
      }
      digests.set(name, digest)
    }
  } finally {
    if (second !== null) rmSync(second, { recursive: true })
  }
  return digests
}

function build(cwd: string, { bun }: Target, runtime: string, output: string): string {
  const options = ['--target', bun, '--runtime', runtime, '--output', resolve(output)]
  const env = { SOURCE_REVISION: readRevision() }
  requireSuccess(['scripts/build', '--quiet', ...options], { cwd, env })
  return digestFile(output)
}

/** Returns the commit as `scripts/build` finds it, because the second folder is no clone. */
function readRevision(): string {
  const describe = ['git', 'describe', '--always', '--dirty', '--abbrev=12', '--exclude=*']
  return requireSuccess(describe).trim()
}

/** Returns the SHA-256 digest of a file in hex. */
export function digestFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** Copies the files that Git knows, or would add, to a new folder, whose path has another length. */
function copySource(): string {
  const folder = mkdtempSync(join(tmpdir(), 'licet-built-a-second-time-'))
  const list = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
  for (const path of requireSuccess(list).split('\0').filter(Boolean)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    copyFileSync(path, join(folder, path))
  }
  return folder
}
