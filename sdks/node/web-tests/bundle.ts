import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BunPlugin } from 'bun'

const sdk = join(import.meta.dir, '..')
const suite = join(sdk, 'test/conformance')
const vectors = join(sdk, '../conformance/vectors')

/** The modules that are replaced, by the end of their path, with the text that replaces them. */
const replacements: Readonly<Record<string, () => string>> = {
  '/web-tests/all-tests.ts': () => {
    const names = readdirSync(suite).filter((name) => name.endsWith('.test.ts'))
    const paths = [...names.map((name) => `conformance/${name}`), 'client/http.test.ts']
    return paths.map((path) => `import '../test/${path}'`).join('\n')
  },
  '/test/conformance/vectors.ts': () => {
    const files = readdirSync(vectors).map((name) => [name, readJson(join(vectors, name))])
    return `const files = ${JSON.stringify(Object.fromEntries(files))}
      export const readVectors = (name) => files[name]`
  },
  '/test/client/fixture.ts': () => "export * from '../../web-tests/fixture.ts'",
  '/src/node/platform.ts': () => "export { webPlatform as nodePlatform } from '../web/platform.ts'",
}

/** The modules of Node that the tests use, and what there is in their place. */
const substitutes: Readonly<Record<string, string>> = {
  'node:test': `export * from ${JSON.stringify(join(import.meta.dir, 'node-test.ts'))}`,
  // Its messages ask for properties of `process`.
  'node:assert/strict': `export { strict as default } from 'node:assert'
    globalThis.process ??= { env: {} }`,
  'node:crypto': 'export const randomUUID = () => crypto.randomUUID()',
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

const webPlugin: BunPlugin = {
  name: 'web',
  setup(build) {
    build.onResolve({ filter: /^node:(?:test|assert\/strict|crypto)$/ }, ({ path }) => ({
      path,
      namespace: 'substitute',
    }))
    build.onLoad({ filter: /./, namespace: 'substitute' }, ({ path }) => ({
      contents: substitutes[path] ?? '',
    }))
    for (const [end, write] of Object.entries(replacements)) {
      build.onLoad({ filter: new RegExp(`${end.replaceAll('.', '\\.')}$`) }, () => ({
        contents: write(),
        loader: 'ts',
      }))
    }
  },
}

/**
 * Bundles the conformance tests and an entry of this folder for a browser or a Worker, with the web
 * platform in place of that of Node. Returns the text of the script.
 */
export async function bundleTests(entry: string, fixtureUrl: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, entry)],
    target: 'browser',
    plugins: [webPlugin],
    define: { FIXTURE_PORT: new URL(fixtureUrl).port },
    // The package has no side effects, but its tests do.
    ignoreDCEAnnotations: true,
  })
  const [bundle] = outputs
  if (bundle === undefined) throw new Error(`${entry} cannot be bundled.`)
  return bundle.text()
}
