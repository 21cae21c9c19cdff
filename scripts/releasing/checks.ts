import { existsSync } from 'node:fs'
import { arch, platform } from 'node:process'
import { ReleaseError, requireSuccess } from './commands.ts'
import type { Target } from './targets.ts'

const QEMU_ROOT = '/usr/aarch64-linux-gnu'

/**
 * Checks the format of a binary, and starts it if this machine or an emulator on it can. Returns what was done in
 * words. Throws ReleaseError if the binary is not what it should be.
 */
export function checkBinary(path: string, target: Target, version: string): string {
  const found = requireSuccess(['file', '--brief', path]).trim()
  if (!target.format.test(found))
    throw new ReleaseError(`${path} is not a binary of its platform: ${found}`)
  const runner = findRunner(target)
  if (runner === null) return 'its format is right; it was not started on this machine'
  const printed = requireSuccess([...runner.command, path, 'version']).trim()
  if (!printed.startsWith(`${version}+`)) {
    throw new ReleaseError(`${path} says that its version is ${printed} instead of ${version}`)
  }
  return `its format is right; ${runner.words}`
}

/** Returns how a binary of a platform is started here, or null if it cannot be. */
function findRunner({ name }: Target): { command: readonly string[]; words: string } | null {
  const isMuslHost = existsSync('/etc/alpine-release')
  const host = `${platform === 'darwin' ? 'macos' : platform}-${arch}${isMuslHost ? '-musl' : ''}`
  if (name === host) return { command: [], words: 'it starts' }
  if (name !== 'linux-arm64' || !existsSync(QEMU_ROOT)) return null
  const qemu = Bun.which('qemu-aarch64') ?? Bun.which('qemu-aarch64-static')
  return qemu === null ? null : { command: [qemu, '-L', QEMU_ROOT], words: 'it starts in QEMU' }
}
