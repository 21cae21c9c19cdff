import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const COMMAND_MS_MAX = 3000
const LINUX_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv']

const run = promisify(execFile)

/** Returns the operating system's ID of this machine; null if there is none, or in a container. */
export async function findMachineId(): Promise<string | null> {
  switch (process.platform) {
    case 'linux':
      return isContainer() ? null : findLinuxId()
    case 'darwin':
      return findInOutput(
        '/usr/sbin/ioreg',
        ['-rd1', '-c', 'IOPlatformExpertDevice'],
        /"IOPlatformUUID" = "([^"]+)"/,
      )
    case 'win32':
      return findInOutput(
        join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'reg.exe'),
        ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid', '/reg:64'],
        /MachineGuid\s+REG_SZ\s+(\S+)/,
      )
    default:
      return null
  }
}

/** In a container, the ID is that of the image, or a new one on each start. */
function isContainer(): boolean {
  const isPod = process.env.KUBERNETES_SERVICE_HOST !== undefined
  return isPod || CONTAINER_FILES.some((path) => existsSync(path))
}

async function findLinuxId(): Promise<string | null> {
  for (const path of LINUX_FILES) {
    const id = (await readText(path)).trim()
    if (id !== '') return id
  }
  return null
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}

async function findInOutput(
  program: string,
  parameters: readonly string[],
  pattern: RegExp,
): Promise<string | null> {
  try {
    const { stdout } = await run(program, parameters, { timeout: COMMAND_MS_MAX })
    return pattern.exec(stdout)?.[1] ?? null
  } catch {
    return null
  }
}
