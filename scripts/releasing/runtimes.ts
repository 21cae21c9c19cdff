import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { requireSuccess } from './commands.ts'
import type { Target } from './targets.ts'

/** Names each package, its version and its digest. */
const pinned = join(import.meta.dir, 'runtimes')

/**
 * Installs Bun for a platform from its npm package, whose digest is in the lock file. Returns the path of the
 * program. All binaries are built with these, so that they do not depend on how Bun came to this machine.
 */
export function installRuntime({ name, runtime, filters }: Target): string {
  const directory = join('.bun', Bun.version, 'runtimes', name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const file of ['package.json', 'bun.lock']) cpSync(join(pinned, file), join(directory, file))
  const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts']
  requireSuccess([...install, `--cwd=${directory}`, ...filters])
  const bin = join(directory, 'node_modules', runtime, 'bin')
  const program = [join(bin, 'bun'), join(bin, 'bun.exe')].find((path) => existsSync(path))
  if (program === undefined) throw new Error(`${runtime} contains no program.`)
  return program
}
