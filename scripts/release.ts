import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import packageFile from '../package.json' with { type: 'json' }
import { buildBinaries } from './releasing/binaries.ts'
import { readSection, readUnreleased } from './releasing/changelog.ts'
import { checkBinary } from './releasing/checks.ts'
import { ReleaseError, requireSuccess } from './releasing/commands.ts'
import { writeReleaseFiles } from './releasing/files.ts'
import { requireFixture } from './releasing/fixtures.ts'
import { listBundledPackages } from './releasing/packages.ts'
import { nameBinary, targets } from './releasing/targets.ts'

const help = `Builds the binaries of a release for all platforms, with their digests, a bill of materials, the
changes and the context of a container build, in dist/release/VERSION.

  scripts/release [VERSION]   VERSION is the one in package.json, with a section in CHANGELOG.md

  --verify        builds everything a second time, in another folder, and compares the bytes
  --only NAME     builds only this platform, and can be repeated: ${targets.map(({ name }) => name).join(', ')}
  --output DIR    writes to this folder instead, and replaces what it contains
  --draft         also builds what is not committed, or has no section in CHANGELOG.md yet`

try {
  release()
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function release(): void {
  const { values, positionals } = parseOptions()
  if (values.help) {
    console.log(help)
    return
  }
  const version = positionals[0] ?? packageFile.version
  const selected = targets.filter(({ name }) => values.only?.includes(name) ?? true)
  if (selected.length === 0 || selected.length < (values.only?.length ?? 0)) {
    throw new ReleaseError(`--only knows: ${targets.map(({ name }) => name).join(', ')}`)
  }
  if (version !== packageFile.version) {
    throw new ReleaseError(
      `package.json has the version ${packageFile.version}. Change it to ${version} first, and commit it.`,
    )
  }
  const section = values.draft ? readUnreleased() : requireReleasable(version)
  const folder = values.output ?? join('dist/release', version)
  mkdirSync(dirname(folder), { recursive: true })
  const scratch = mkdtempSync(join(dirname(folder), '.building-'))
  chmodSync(scratch, 0o755)
  try {
    const digests = buildBinaries(selected, { version, directory: scratch, verify: values.verify })
    for (const target of selected) {
      const name = nameBinary(version, target)
      console.log(`${name}: ${checkBinary(join(scratch, name), target, version)}`)
    }
    const packages = listBundledPackages(scratch)
    writeReleaseFiles(scratch, { version, section, packages, digests, targets: selected })
    rmSync(folder, { recursive: true, force: true })
    renameSync(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  if (values.verify) console.log('A second build in another folder has the same bytes.')
  console.log(`The release is in ${folder}.`)
}

function parseOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        verify: { type: 'boolean', default: false },
        draft: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        output: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new ReleaseError(`${error instanceof Error ? error.message : error}\n\n${help}`)
  }
}

/** Returns the changes of a version. Throws ReleaseError if it cannot be released as it is. */
function requireReleasable(version: string) {
  const changed = requireSuccess(['git', 'status', '--porcelain'])
  if (changed !== '') {
    throw new ReleaseError(`These files are not committed, so nobody could repeat it:\n${changed}`)
  }
  const section = readSection(version)
  requireFixture(version)
  return section
}
