import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import type { BundledPackage } from './packages.ts'

/** Names in `process.versions` that are not programs inside of Bun, but interfaces that it is compatible with. */
const INTERFACES = ['node', 'bun', 'openssl', 'v8', 'uv', 'napi', 'unicode', 'modules', 'sqlite']

/** Reads only single licenses. Anything else is taken over as a name. */
const licenses = new Contrib.License.Factories.LicenseFactory((text) => {
  throw new RangeError(text)
})

export interface SbomContents {
  readonly version: string
  readonly packages: readonly BundledPackage[]
  /** The digests of the binaries, by name. */
  readonly digests: ReadonlyMap<string, string>
}

/**
 * Returns a bill of materials in the format CycloneDX 1.6 (JSON): Licet with its binaries, Bun with the libraries
 * inside it, SQLite, and each package. It has neither a time nor a random number, so that it is reproducible.
 */
export function writeSbom({ version, packages, digests }: SbomContents): string {
  const bom = new Models.Bom()
  const licet = describe(Enums.ComponentType.Application, 'licet', version, 'MIT')
  for (const [name, digest] of digests) {
    const binary = new Models.Component(Enums.ComponentType.File, name, { bomRef: name })
    binary.hashes.set(Enums.HashAlgorithm['SHA-256'], digest)
    licet.components.add(binary)
  }
  bom.metadata.component = licet
  for (const component of [describeBun(), describeSqlite(), ...packages.map(describePackage)]) {
    bom.components.add(component)
    licet.dependencies.add(component.bomRef)
  }
  const normalizers = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
  const serializer = new Serialize.JsonSerializer(normalizers)
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

function describeBun(): Models.Component {
  const bun = describe(Enums.ComponentType.Framework, 'bun', Bun.version, 'MIT')
  for (const [name, version] of Object.entries(process.versions)) {
    if (version === undefined || INTERFACES.includes(name)) continue
    const library = describe(Enums.ComponentType.Library, name, version, null)
    bun.components.add(library)
  }
  return bun
}

function describeSqlite(): Models.Component {
  const version = process.versions.sqlite ?? ''
  const sqlite = describe(Enums.ComponentType.Library, 'sqlite', version, 'blessing')
  sqlite.description = 'Part of Bun, which may use the SQLite of the system instead on macOS.'
  return sqlite
}

function describePackage({ name, version, license }: BundledPackage): Models.Component {
  const component = describe(Enums.ComponentType.Library, name, version, license)
  const path = name.replace('@', '%40')
  component.purl = `pkg:npm/${path}@${version}`
  component.bomRef.value = component.purl
  return component
}

function describe(
  type: Enums.ComponentType,
  name: string,
  version: string,
  license: string | null,
): Models.Component {
  const component = new Models.Component(type, name, { version, bomRef: `${name}@${version}` })
  if (license !== null) {
    component.licenses.add(licenses.makeDisjunctive(license))
  }
  return component
}
