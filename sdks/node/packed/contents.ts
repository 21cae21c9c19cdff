#!/usr/bin/env bun
// Checks the files in the packed SDK, whose tarball and unpacked folder are the arguments.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'bun'
import { assertEqual, createCheck } from './checks.ts'

const FILES_BYTES_MAX = 800_000

const [tarball = '', folder = ''] = process.argv.slice(2)
const files = (await $`tar -tzf ${tarball}`.text()).trim().split('\n')
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const check = createCheck(console.log, 'package')

function listTargets(exports: unknown): string[] {
  if (typeof exports === 'string') return [exports]
  return Object.values(exports ?? {}).flatMap(listTargets)
}

await check('has the built files, the license and the readme, and nothing else', () => {
  const unexpected = files.filter(
    (file) =>
      !/^package\/(?:dist\/(?:esm|cjs)\/[\w/-]+(?:\.d)?\.[jt]s|README\.md|LICENSE)$/.test(file),
  )
  assertEqual(unexpected.sort(), ['package/dist/cjs/package.json', 'package/package.json'])
  assertEqual(
    files.filter((file) => /(?<!\.d)\.ts$/.test(file)),
    [],
  )
  assertEqual(
    ['package/README.md', 'package/LICENSE'].filter((file) => !files.includes(file)),
    [],
  )
})

await check('every file that its manifest names exists, with its types', () => {
  const targets = [...listTargets(manifest.exports), manifest.main]
  const scripts = targets.filter((target) => target.endsWith('.js'))
  const needed = [...targets, ...scripts.map((file) => file.replace(/\.js$/, '.d.ts'))]
  assertEqual(
    needed.filter((file) => !existsSync(join(folder, file))),
    [],
  )
})

await check('depends on no other package, and runs no code when it is installed', () => {
  assertEqual([manifest.dependencies, manifest.optionalDependencies], [undefined, undefined])
  const installing = ['preinstall', 'install', 'postinstall', 'prepare']
  assertEqual(
    installing.filter((name) => name in manifest.scripts),
    [],
  )
})

await check(`is smaller than ${FILES_BYTES_MAX / 1000} kB`, () => {
  const bytes = files
    .map((file) => Bun.file(join(folder, file.replace(/^package\//, ''))).size)
    .reduce((sum, size) => sum + size, 0)
  if (bytes > FILES_BYTES_MAX) throw new Error(`The files have ${bytes} bytes.`)
})

await check('the web entry and what it imports use no module of Node', async () => {
  const { outputs } = await Bun.build({
    entrypoints: [join(folder, 'dist/esm/web.js')],
    target: 'browser',
    external: ['node:*'],
  })
  const text = (await outputs[0]?.text()) ?? ''
  assertEqual(text.match(/["']node:\w+["']|\brequire\(|\bBuffer\b|\bprocess\./g), null)
})
