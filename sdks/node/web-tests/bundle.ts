#!/usr/bin/env bun
// Bundles the conformance tests for a browser or a Worker, with the web platform in place of that of
// Node. The arguments are the entry in this folder and the file to write.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BunPlugin } from 'bun'

const tests = join(import.meta.dir, '../test/conformance')
const vectors = join(import.meta.dir, '../../conformance/vectors')

/** The modules that are replaced, by the end of their path. */
const replacements: Readonly<Record<string, () => string>> = {
  '/web-tests/all-tests.ts': () =>
    readdirSync(tests)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `import '../test/conformance/${name}'`)
      .join('\n'),
  '/test/conformance/vectors.ts': () => {
    const files = readdirSync(vectors).map((name) => [name, readJson(join(vectors, name))])
    return `const files = ${JSON.stringify(Object.fromEntries(files))}
      export const readVectors = (name) => files[name]`
  },
  '/src/node/platform.ts': () => "export { webPlatform as nodePlatform } from '../web/platform.ts'",
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

const webPlugin: BunPlugin = {
  name: 'web',
  setup(build) {
    build.onResolve({ filter: /^node:test$/ }, () => ({
      path: join(import.meta.dir, 'node-test.ts'),
    }))
    // The bundler has a `node:assert` for browsers, but without this part.
    build.onResolve({ filter: /^node:assert\/strict$/ }, () => ({
      path: 'strict',
      namespace: 'web',
    }))
    build.onLoad({ filter: /./, namespace: 'web' }, () => ({
      contents: "export { strict as default } from 'node:assert'",
    }))
    for (const [end, write] of Object.entries(replacements)) {
      build.onLoad({ filter: new RegExp(`${end.replaceAll('.', '\\.')}$`) }, () => ({
        contents: write(),
        loader: 'ts',
      }))
    }
  },
}

const [entry = '', output = ''] = process.argv.slice(2)
const { outputs } = await Bun.build({
  entrypoints: [join(import.meta.dir, entry)],
  target: 'browser',
  plugins: [webPlugin],
  // The package has no side effects, but its tests do.
  ignoreDCEAnnotations: true,
})
const [bundle] = outputs
if (bundle === undefined) throw new Error(`${entry} cannot be bundled.`)
await Bun.write(output, bundle)
