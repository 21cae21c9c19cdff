import { Fault } from '~/domain/faults.ts'
import { version } from '~/platform/version.ts'
import type { ReleaseDocument } from '~/wire/releases.ts'
import { fetchRelease } from './newest-release.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'

const EXIT_NEWER = 3

const help = `
Reads release.json from LICET_UPDATE_URL, and compares its version with this one. Nothing is
downloaded or installed, and nothing about this server is sent. Licet never does this by itself.

Exit codes:
  0  this is the newest release
  1  the newest release could not be read
  3  there is a newer release`

export const addUpdate: AddCommand = (program, readSettings) => {
  program
    .command('update')
    .description('check whether there is a newer release')
    .requiredOption('--check', 'compare this version with the newest release')
    .addHelpText('after', help)
    .action(async () => {
      const { updateUrl } = readSettings().config
      if (updateUrl === null) {
        const detail =
          'LICET_UPDATE_URL is not set. Set it to the address of the release.json of the newest release.'
        throw new Fault('unavailable', detail)
      }
      const release = await fetchRelease(updateUrl)
      process.exitCode = printComparison(release)
    })
}

/** Prints which version is newer. Returns the exit code. */
function printComparison(release: ReleaseDocument): number {
  const order = Bun.semver.order(release.version, version)
  if (order < 0) {
    printLine(`This version (${version}) is newer than the newest release (${release.version}).`)
    return 0
  }
  if (order === 0) {
    printLine(`This version (${version}) is the newest release.`)
    return 0
  }
  const date = release.date === null ? '' : ` of ${release.date}`
  printLine(`There is a newer release: ${release.version}${date}. This version is ${version}.`)
  printLine(`Before you upgrade, read the section [${release.version}] of CHANGELOG.md, and those`)
  printLine('between the two versions. The files for this platform, with their SHA-256 digests:')
  for (const { name, sha256 } of listOwn(release)) printLine(`  ${sha256}  ${name}`)
  return EXIT_NEWER
}

/** Lists the binaries for this system and processor, or all files if none has the right name. */
function listOwn({ version, files }: ReleaseDocument): ReleaseDocument['files'] {
  const systems: Readonly<Record<string, string>> = { darwin: 'macos', win32: 'windows' }
  const system = systems[process.platform] ?? process.platform
  const prefix = `licet-${version}-${system}-${process.arch}`
  const own = files.filter(({ name }) => name.startsWith(prefix))
  return own.length === 0 ? files : own
}
