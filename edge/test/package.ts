#!/usr/bin/env bun
// Checks the built package. Prints a line for each check.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import openApi from '../../openapi.json'
import { clientRoutes } from '../../src/edge/client-routes.ts'
import { findMethods } from '../src/routes.ts'

const root = join(import.meta.dir, '..')
const read = (path: string) => Bun.file(join(root, path)).text()
const bundle = await read('dist/index.js')
const readme = await read('README.md')

function check(name: string, problem: string | null): void {
  console.log(problem === null ? `ok - ${name}` : `not ok - ${name}\n  ${problem}`)
}

const imports = new Bun.Transpiler({ loader: 'js' }).scanImports(bundle)
check(
  'package: the bundle imports nothing, so it runs on any runtime with Web APIs',
  imports.length === 0 ? null : `It imports ${imports.map(({ path }) => path).join(', ')}.`,
)
const foreign = /(?<![.\w])(?:Buffer|process|Bun|Deno|require)\b[.(]/.exec(bundle)
check(
  'package: the bundle uses no global of one runtime',
  foreign === null ? null : `It uses ${foreign[0]}`,
)

const { outputs } = await Bun.build({
  entrypoints: [join(root, 'dist/index.js')],
  minify: true,
  target: 'browser',
  ignoreDCEAnnotations: true,
})
const minified = new TextEncoder().encode(await outputs[0]?.text())
const toKilobytes = (bytes: number) => `${Math.ceil(bytes / 1000)} kB`
const size = `${toKilobytes(minified.length)} minified, ${toKilobytes(gzipSync(minified, { level: 9 }).length)} with gzip`
check(
  `package: the README states the size of the bundle, ${size}`,
  readme.includes(size) ? null : `Write into edge/README.md: ${size}`,
)

const normalize = (path: string) => path.replaceAll(/\{[^}]+\}|:\w+/g, 'x')
const isClientRoute = (path: string, method: string) =>
  clientRoutes.some((route) => normalize(route.path) === path && route.method === method)
const wrong = Object.entries(openApi.paths).flatMap(([path, operations]) => {
  const methods = Object.keys(operations).map((method) => method.toUpperCase())
  return methods
    .map((method) => ({ path: normalize(path), method }))
    .filter((each) => {
      const isServed = findMethods(each.path)?.includes(each.method) ?? false
      return isServed !== isClientRoute(each.path, each.method)
    })
})
check(
  'package: the handler serves the same routes as an edge, and no others of the API',
  wrong.length === 0 ? null : wrong.map(({ path, method }) => `${method} ${path}`).join(', '),
)
