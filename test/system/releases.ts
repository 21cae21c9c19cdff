import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { targets } from '../../scripts/releasing/targets.ts'
import { Sandbox } from '../support/server.ts'

const root = join(import.meta.dir, '../..')
const isFull = process.env.TEST_SIZE === 'full'
const built = isFull ? targets.map(({ name }) => name) : ['linux-x64', 'linux-arm64']

async function release(...args: readonly string[]) {
  const child = Bun.spawn(['scripts/release', ...args], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, stdout, stderr }
}

test('releases: two folders give the same bytes, and all lists name the digests of the binaries', async () => {
  using sandbox = new Sandbox()
  const folder = sandbox.at('release')
  const only = built.flatMap((name) => ['--only', name])
  const { code, stdout, stderr } = await release('--draft', '--verify', ...only, '--output', folder)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('A second build in another folder has the same bytes.')
  for (const name of built)
    expect(stdout).toMatch(new RegExp(`-${name}(?:\\.exe)?: its format is right`))

  const digestOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')
  const files = readdirSync(folder).filter((name) => !['SHA256SUMS', 'container'].includes(name))
  expect(sums).toEqual(files.sort().map((name) => `${digestOf(name)}  ${name}`))
  const document = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8'))
  expect(document.files).toHaveLength(built.length)
  for (const { name, sha256 } of document.files) expect(sha256).toBe(digestOf(name))

  const binary = readFileSync(join(folder, files.find((name) => name.endsWith('linux-x64')) ?? ''))
  expect(binary.includes(root)).toBe(false)
  expect(readdirSync(join(folder, 'container')).sort()).toEqual(['Dockerfile', 'amd64', 'arm64'])

  const sbom = readFileSync(join(folder, `licet-${document.version}.cdx.json`), 'utf8')
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
  expect(await validator.validate(sbom)).toBeNull()
  const names = JSON.parse(sbom).components.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['bun', 'sqlite', 'elysia', 'file-type', 'preact']))
  expect(names).not.toContain('typescript')
})

test('releases: a version that is not the one in package.json is refused, and nothing is built', async () => {
  using sandbox = new Sandbox()
  const { code, stderr } = await release('99.0.0', '--output', sandbox.at('release'))
  expect(code).toBe(1)
  expect(stderr).toContain('Change it to 99.0.0 first')
  expect(readdirSync(sandbox.path)).toEqual([])
})
