import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestFile } from './binaries.ts'
import type { Section } from './changelog.ts'
import { ReleaseError } from './commands.ts'
import type { BundledPackage } from './packages.ts'
import { writeSbom } from './sbom.ts'
import { nameBinary, type Target } from './targets.ts'

const BUILT_BINARY = 'COPY --from=build /licet/dist/licet /usr/local/bin/licet'
const BINARY_OF_PLATFORM = 'ARG TARGETARCH\nCOPY $TARGETARCH/licet /usr/local/bin/licet'

export interface Release {
  readonly version: string
  readonly section: Section
  readonly packages: readonly BundledPackage[]
  /** The digests of the binaries, by name. */
  readonly digests: ReadonlyMap<string, string>
  readonly targets: readonly Target[]
}

/** Writes all files of a release next to its binaries. `licet update --check` reads `release.json`. */
export function writeReleaseFiles(directory: string, release: Release): void {
  const { version, section, digests } = release
  writeFileSync(join(directory, 'CHANGES.md'), `# Licet ${version}\n\n${section.text}\n`)
  writeFileSync(join(directory, `licet-${version}.cdx.json`), writeSbom(release))
  const files = [...digests].map(([name, sha256]) => {
    return { name, sha256, bytes: statSync(join(directory, name)).size }
  })
  const document = { version, date: section.date, files }
  writeFileSync(join(directory, 'release.json'), `${JSON.stringify(document, null, 2)}\n`)
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())
  const lines = names.map(
    ({ name }) => `${digests.get(name) ?? digestFile(join(directory, name))}  ${name}\n`,
  )
  writeFileSync(join(directory, 'SHA256SUMS'), lines.sort(byName).join(''))
  writeContainerContext(directory, release)
}

function byName(one: string, other: string): number {
  return one.slice(64) < other.slice(64) ? -1 : 1
}

/** Writes the context of a container build from the binaries, which share their disk space. */
function writeContainerContext(directory: string, { version, targets }: Release): void {
  const context = join(directory, 'container')
  mkdirSync(context, { recursive: true })
  for (const target of targets) {
    if (target.container === undefined) continue
    mkdirSync(join(context, target.container), { recursive: true })
    linkSync(join(directory, nameBinary(version, target)), join(context, target.container, 'licet'))
  }
  const dockerfile = useBinaries(readFileSync('Dockerfile', 'utf8'), version)
  writeFileSync(join(context, 'Dockerfile'), dockerfile)
}

/** Returns a Dockerfile that has only the last stage of ours, and copies the binary instead of building it. */
function useBinaries(dockerfile: string, version: string): string {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1)
  const copied = last.replace(BUILT_BINARY, BINARY_OF_PLATFORM)
  if (copied === last)
    throw new ReleaseError(`The Dockerfile no longer has the line: ${BUILT_BINARY}`)
  const label = `LABEL org.opencontainers.image.version="${version}"`
  return `# Licet ${version}, from its binaries. For both platforms:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag licet:${version} .
${copied.trimEnd()}\n${label}\n`
}
