import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../store.ts'

const RENAMES_MAX = 5

/** Returns a store with one file per name, readable by its owner only and never half written. */
export function createFileStore(directory: string): Store {
  const locate = (name: string) => join(directory, `${name}.json`)
  return {
    async get(name) {
      try {
        return await readFile(locate(name), 'utf8')
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    async put(name, text) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const temporary = join(directory, `${name}.${randomUUID()}.tmp`)
      try {
        await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true })
        await replace(temporary, locate(name))
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
    delete: (name) => rm(locate(name), { force: true }),
  }
}

/** On Windows, a file cannot be replaced while another process reads it. */
async function replace(temporary: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(temporary, path)
    } catch (error) {
      if (attempt === RENAMES_MAX || !isBusy(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 10 * attempt))
    }
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : null)
const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(String(codeOf(error)))
const isBusy = (error: unknown) => ['EPERM', 'EACCES', 'EBUSY'].includes(String(codeOf(error)))

/** Returns the directory in which the operating system keeps the settings of an app. */
export function findConfigDirectory(
  appId: string,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const home = homedir()
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), appId)
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', appId)
  return join(env.XDG_CONFIG_HOME || join(home, '.config'), appId)
}
