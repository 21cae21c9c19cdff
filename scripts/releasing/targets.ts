/** A platform that a binary is built for. */
export interface Target {
  /** In the name of the binary, after the version. */
  readonly name: string
  /** The argument of `bun build --target`. */
  readonly bun: string
  /** The npm package with Bun for this platform, and the filters of `bun install` that select it. */
  readonly runtime: string
  readonly filters: readonly string[]
  /** The description of the binary by the program `file`. */
  readonly format: RegExp
  /** The folder of the binary in the context of the container, as container builds name the platform. */
  readonly container?: string
}

export const targets: readonly Target[] = [
  {
    name: 'linux-x64',
    bun: 'bun-linux-x64',
    runtime: '@oven/bun-linux-x64',
    filters: ['--os=linux', '--cpu=x64', '--libc=glibc'],
    format: /^ELF 64-bit.*x86-64.*ld-linux-x86-64/,
    container: 'amd64',
  },
  {
    name: 'linux-arm64',
    bun: 'bun-linux-arm64',
    runtime: '@oven/bun-linux-aarch64',
    filters: ['--os=linux', '--cpu=arm64', '--libc=glibc'],
    format: /^ELF 64-bit.*aarch64.*ld-linux-aarch64/,
    container: 'arm64',
  },
  {
    name: 'linux-x64-musl',
    bun: 'bun-linux-x64-musl',
    runtime: '@oven/bun-linux-x64-musl',
    filters: ['--os=linux', '--cpu=x64', '--libc=musl'],
    format: /^ELF 64-bit.*x86-64.*ld-musl-x86_64/,
  },
  {
    name: 'linux-arm64-musl',
    bun: 'bun-linux-arm64-musl',
    runtime: '@oven/bun-linux-aarch64-musl',
    filters: ['--os=linux', '--cpu=arm64', '--libc=musl'],
    format: /^ELF 64-bit.*aarch64.*ld-musl-aarch64/,
  },
  {
    name: 'macos-x64',
    bun: 'bun-darwin-x64',
    runtime: '@oven/bun-darwin-x64',
    filters: ['--os=darwin', '--cpu=x64'],
    format: /^Mach-O 64-bit x86_64 executable/,
  },
  {
    name: 'macos-arm64',
    bun: 'bun-darwin-arm64',
    runtime: '@oven/bun-darwin-aarch64',
    filters: ['--os=darwin', '--cpu=arm64'],
    format: /^Mach-O 64-bit arm64 executable/,
  },
  {
    name: 'windows-x64',
    bun: 'bun-windows-x64',
    runtime: '@oven/bun-windows-x64',
    filters: ['--os=win32', '--cpu=x64'],
    format: /^PE32\+ executable.*x86-64/,
  },
]

/** Returns the file name of a binary. */
export function nameBinary(version: string, { name }: Target): string {
  return `licet-${version}-${name}${name.startsWith('windows') ? '.exe' : ''}`
}
