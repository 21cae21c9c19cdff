import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { dependencies } from '../package.json'

const FILE_LINES_MAX = 350
const FILE_LINES_MEDIAN_MAX = 100
const FUNCTION_LINES_MAX = 70
const ROOT_ENTRIES_MAX = 21

interface Import {
  readonly from: string
  /** A path under src, such as `domain/keys.ts`, or the name of a package. */
  readonly to: string
  readonly isType: boolean
  readonly specifier: string
}

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

/**
 * The imports allowed in a layer besides itself and `forAll`. `layers` names folders or
 * files; `types` names files that are imported as types only.
 */
interface Border {
  readonly layers: readonly string[]
  readonly types: readonly string[]
  readonly packages: readonly string[]
}

/** Modules that both SQLite files need. */
const sqlite = [
  'platform/migrations.ts',
  ...['errors', 'files', 'migrations', 'workers'].map((name) => `platform/sqlite-${name}.ts`),
]
const postgres = ['', '-errors', '-migrations', '-watch'].map(
  (name) => `platform/postgres${name}.ts`,
)
const stores = [
  'port',
  'audit-port',
  'changes-port',
  'backups-port',
  'changes-port',
  'checkout-port',
  'edges-port',
  'idempotency-port',
  'imports-port',
  'mails-port',
  'maintenance-port',
  'outbox-port',
  'portal-port',
  'signing-port',
].map((name) => `store/${name}.ts`)
const ports = [...stores, 'usage/port.ts', 'deps.ts']

const borders: Readonly<Record<string, Border>> = {
  domain: { layers: [], types: [], packages: ['@noble/hashes', 'ipaddr.js', 'tldts', 'typeid-js'] },
  wire: { layers: ['domain'], types: [], packages: ['@sinclair/typebox'] },
  store: {
    layers: ['domain', ...sqlite, ...postgres],
    types: [],
    packages: [
      'bun',
      'bun:sqlite',
      'drizzle-orm',
      'lru-cache',
      'node:fs',
      'node:os',
      'node:path',
      'node:worker_threads',
    ],
  },
  usage: {
    layers: ['domain', ...sqlite, ...postgres],
    types: [],
    packages: [
      'bun:sqlite',
      'drizzle-orm',
      'node:fs',
      'node:os',
      'node:path',
      'node:worker_threads',
    ],
  },
  webhooks: {
    layers: ['domain', 'platform/attempts.ts'],
    types: ports,
    packages: ['ipaddr.js', 'node:crypto', 'node:net'],
  },
  checkout: {
    layers: ['domain', 'wire'],
    types: [...ports, 'platform/config.ts', 'platform/vault.ts'],
    packages: ['@sinclair/typebox', 'node:crypto'],
  },
  signing: {
    layers: ['domain'],
    types: [...ports, 'platform/vault.ts'],
    packages: ['lru-cache', 'node:crypto'],
  },
  mail: {
    layers: ['domain', 'signing', 'platform/attempts.ts'],
    types: [...ports, 'platform/config.ts', 'platform/config-mail.ts'],
    packages: ['nodemailer'],
  },
  /** Shared by the pages: what they import runs in browsers. */
  web: {
    layers: ['domain'],
    types: ['wire', 'server/app.ts'],
    packages: [
      '@elysiajs/eden',
      '@picocss/pico',
      'd3-geo',
      'node:fs',
      'node:os',
      'node:path',
      'node:zlib',
      'preact',
      'preact-iso',
      'topojson-client',
      'uplot',
      'uqr',
      'world-atlas',
    ],
  },
  http: {
    layers: ['wire', 'domain', 'checkout', 'signing', 'web/embedded.ts', 'web/bundle.ts'],
    types: [...ports, 'platform/config.ts', 'platform/countries.ts', 'platform/vault.ts', 'bun'],
    packages: [
      '@elysiajs/swagger',
      '@sinclair/typebox',
      'elysia',
      'ipaddr.js',
      'node:crypto',
      'node:zlib',
      'swagger-ui-dist',
    ],
  },
  edge: {
    layers: ['domain', 'wire', 'http', 'store/license-cache.ts'],
    types: [
      ...ports,
      'platform/config.ts',
      'platform/config-edge.ts',
      'platform/edge-metrics.ts',
      'platform/metrics.ts',
      'bun',
    ],
    packages: ['@sinclair/typebox', 'elysia', 'node:crypto', 'node:fs', 'node:path', 'node:timers'],
  },
  jobs: {
    layers: ['domain', 'checkout', 'webhooks', 'mail'],
    types: ports,
    packages: ['@elysiajs/cron', 'elysia'],
  },
  importing: {
    layers: ['domain', 'wire'],
    types: [...ports, 'platform/vault.ts'],
    packages: ['node:fs'],
  },
  platform: {
    layers: ['domain'],
    types: ['deps.ts'],
    packages: [
      '@scure/base',
      'bun',
      'bun:sqlite',
      'croner',
      'ipaddr.js',
      'lru-cache',
      'maxmind',
      'node:crypto',
      'node:fs',
      'node:net',
      'node:path',
      'node:perf_hooks',
      'node:timers',
      'pino',
      'pino-pretty',
      'prom-client',
    ],
  },
}

/** These assemble the program: they may import every layer, and no layer may import them. */
const composers = ['cli', 'server']

/** The only places that may import Elysia. */
const elysiaPlaces = /^(?:server\/app\.ts$|http\/|edge\/|web\/shared\/api\.ts$)/
const cronMount = 'jobs/timers.ts'
const forAll = [
  'assert.ts',
  'clock-map.ts',
  'turns.ts',
  'platform/bounded-map.ts',
  'platform/log.ts',
  '../package.json',
]

const root = join(import.meta.dir, '..')
const sources = await readSources()
const imports = sources.flatMap((source) => source.imports)

async function readSources(): Promise<Source[]> {
  const paths = [...new Glob('**/*.{ts,tsx}').scanSync(join(root, 'src'))].sort()
  return Promise.all(
    paths.map(async (path) => {
      const text = await Bun.file(join(root, 'src', path)).text()
      return { path, text, imports: importsOf(path, text) }
    }),
  )
}

function importsOf(path: string, text: string): Import[] {
  const statics = text.matchAll(
    /^(?:import|export)\s(type\s)?(?:[\w*{}\s,$]*?\sfrom\s)?'([^']+)'/gm,
  )
  const dynamics = text.matchAll(/\bimport\(\s*()'([^']+)'/g)
  return [...statics, ...dynamics].map(([, type, specifier = '']) => ({
    from: path,
    to: resolve(path, specifier),
    isType: type !== undefined && type !== '',
    specifier,
  }))
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith('~/')) return specifier.slice(2)
  if (specifier.startsWith('.')) return join(dirname(path), specifier)
  const [scopeOrName = '', name] = specifier.split('/')
  return scopeOrName.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName
}

const isOurs = (specifier: string) => /^[.~]/.test(specifier)

/** Returns the folder under src, or null for a file at its root. */
function layerOf(path: string): string | null {
  return path.includes('/') ? (path.split('/')[0] ?? null) : null
}

const show = ({ from, to, isType }: Import) => `${from} -> ${isType ? 'type ' : ''}${to}`

/** Runtime globals, the clock, randomness, I/O and promises: none of them belongs in a rule. */
const impure =
  /(?<![.\w])(?:Buffer|Bun|process|globalThis|import\.meta|console|crypto|performance|Date\.now|Math\.random)\b[.(]|\bnew Date\(\)|\b(?:async|await|Promise)\b|\b(?:fetch|require|setTimeout|setInterval|queueMicrotask)\(/

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

const FUNCTION_START = /=>|\bfunction\b|= (?:async )?\($|^\s*(?:async |get |set )*[\w$]+\(/

const indentOf = (line: string) => line.length - line.trimStart().length

/**
 * Returns the number of lines from the start of a function to its last bracket. Biome has formatted
 * the source, so the function ends where the indentation returns to that of its first line.
 */
function countFunctionLines(lines: readonly string[], start: number): number {
  const indent = indentOf(lines[start] ?? '')
  let end = start
  for (let index = start + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (line === '') continue
    if (indentOf(line) < indent) break
    if (indentOf(line) === indent && !/^\s*[)\]}]/.test(line)) break
    end = index
  }
  return end - start + 1
}

function findLongFunctions({ path, text }: Source): string[] {
  const lines = withoutComments(text).split('\n')
  return lines.flatMap((line, index) => {
    const count = FUNCTION_START.test(line) ? countFunctionLines(lines, index) : 0
    return count > FUNCTION_LINES_MAX ? [`${path}: ${count} lines: ${line.trim()}`] : []
  })
}

const countLines = ({ text }: Source) => text.trimEnd().split('\n').length

/** Generated files and schema tables, whose length is that of the data they describe. */
const isTable = ({ path }: Source) => /(?:migrations|schema)\.ts$/.test(path)

function findOffenders(offends: (source: Source) => boolean): string[] {
  return sources.filter(offends).map(({ path }) => path)
}

test('architecture: every folder under src has a border', () => {
  const layers = new Set(sources.map(({ path }) => layerOf(path)))
  expect([...layers].filter(Boolean).sort()).toEqual([...Object.keys(borders), ...composers].sort())
})

test.each(Object.entries(borders))(
  'architecture: %s imports only what its border allows',
  (layer, border) => {
    const crossings = imports.filter(
      ({ from, to }) => layerOf(from) === layer && layerOf(to) !== layer,
    )
    const forbidden = crossings.filter(({ to, isType, specifier }) => {
      if (forAll.includes(to)) return false
      if (isType && border.types.some((type) => type === to || type === layerOf(to))) return false
      return isOurs(specifier)
        ? !border.layers.some((allowed) => allowed === to || allowed === layerOf(to))
        : !border.packages.includes(to)
    })
    expect(forbidden.map(show)).toEqual([])
  },
)

/** The files of `src` that the package in `edge/` bundles besides those of `domain`: pure, and without schemas. */
const bundledByEdge = [
  'assert.ts',
  'wire/edge-facts.ts',
  'wire/names.ts',
  'wire/server-responses.ts',
  'wire/verdicts.ts',
]

test('architecture: edge/ imports only domain and pure files of wire, and so do these', async () => {
  const paths = [...new Glob('**/*.ts').scanSync(join(root, 'edge/src'))]
  const own = await Promise.all(
    paths.map(async (path) => {
      const text = await Bun.file(join(root, 'edge/src', path)).text()
      return importsOf(`edge/${path}`, text)
    }),
  )
  const isAllowed = (to: string) => layerOf(to) === 'domain' || bundledByEdge.includes(to)
  const crossings = own.flat().filter(({ specifier }) => !specifier.startsWith('.'))
  const inside = imports.filter(({ from, isType }) => bundledByEdge.includes(from) && !isType)
  expect([...crossings, ...inside].filter(({ to }) => !isAllowed(to)).map(show)).toEqual([])
  expect(crossings.length).toBeGreaterThan(0)
})

test('architecture: domain is synchronous and uses no runtime global, clock, randomness or I/O', () => {
  const isImpure = ({ path, text }: Source) =>
    layerOf(path) === 'domain' && impure.test(withoutComments(text))
  expect(findOffenders(isImpure)).toEqual([])
})

test('architecture: imports start with a dot within a layer and with a tilde across layers', () => {
  const wrong = imports.filter(({ from, to, specifier }) => {
    const layer = layerOf(from)
    if (layer === null || !isOurs(specifier) || forAll.includes(to)) return false
    return specifier.startsWith('~/') === (layerOf(to) === layer)
  })
  expect(wrong.map(show)).toEqual([])
})

test('architecture: only main.ts and cli import cli or server, and pages the type of the app', () => {
  const wrong = imports.filter(
    ({ from, to, isType }) =>
      composers.includes(layerOf(to) ?? '') &&
      !(isType && layerOf(from) === 'web') &&
      !composers.includes(layerOf(from) ?? '') &&
      from !== 'main.ts',
  )
  expect(wrong.map(show)).toEqual([])
  expect(imports.filter(({ from }) => from === 'main.ts').map(show)).toEqual([
    'main.ts -> cli/run.ts',
  ])
})

test('architecture: only server/app.ts, http, edge, the cron mount and the client of the pages import Elysia', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      (to === 'elysia' || to.startsWith('@elysiajs/')) &&
      !elysiaPlaces.test(from) &&
      from !== cronMount,
  )
  expect(wrong.map(show)).toEqual([])
})

test('architecture: every imported package is a dependency in package.json', () => {
  const known = new Set([...Object.keys(dependencies), 'bun'])
  const unknown = imports.filter(
    ({ to, specifier }) =>
      !isOurs(specifier) && !/^(?:node|bun):/.test(specifier) && !known.has(to),
  )
  expect(unknown.map(show)).toEqual([])
})

test('architecture: every import of our own names an existing file with its extension', () => {
  const paths = new Set(sources.map(({ path }) => path))
  const styles = new Set(new Glob('web/**/*.css').scanSync(join(root, 'src')))
  const dangling = imports.filter(
    ({ to, specifier }) =>
      isOurs(specifier) && !paths.has(to) && !forAll.includes(to) && !styles.has(to),
  )
  expect(dangling.map(show)).toEqual([])
})

test('architecture: no import cycles, except of types', () => {
  const needs = new Map(
    sources.map(({ path, imports: own }) => [
      path,
      own.filter(({ isType }) => !isType).map(({ to }) => to),
    ]),
  )
  const cycles: string[] = []
  const done = new Set<string>()
  function visit(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    else if (!done.has(path)) {
      for (const next of needs.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
  }
  for (const path of needs.keys()) visit(path, [])
  expect(cycles).toEqual([])
})

test('architecture: the import scan misses no import that Bun sees', () => {
  const missed = sources.flatMap(({ path, text, imports: own }) => {
    const scanned = new Bun.Transpiler({ loader: path.endsWith('x') ? 'tsx' : 'ts' }).scanImports(
      text,
    )
    const values = new Set(own.filter(({ isType }) => !isType).map(({ specifier }) => specifier))
    return (
      scanned
        // The scan adds the runtime of JSX under its default name.
        .filter(({ path: specifier }) => !values.has(specifier) && !/^react\b/.test(specifier))
        .map(({ path: specifier }) => `${path} -> ${specifier}`)
    )
  })
  expect(missed).toEqual([])
})

test('architecture: no default exports, re-exports or index files', () => {
  expect(findOffenders(({ text }) => /^export default\b|\bas default\b/m.test(text))).toEqual([])
  expect(findOffenders(({ text }) => /^export\s[\w*{}\s,$]*\sfrom\s'/m.test(text))).toEqual([])
  expect(findOffenders(({ path }) => /(?:^|\/)index\.ts$/.test(path))).toEqual([])
})

test('architecture: no TODO, FIXME or NUL in the source', () => {
  expect(findOffenders(({ text }) => /\bTODO\b|\bFIXME\b|\0/.test(text))).toEqual([])
})

test(`architecture: src has at most ${ROOT_ENTRIES_MAX} entries at its root`, () => {
  expect(readdirSync(join(root, 'src')).length).toBeLessThanOrEqual(ROOT_ENTRIES_MAX)
})

test(`architecture: files have at most ${FILE_LINES_MAX} lines, except tables`, () => {
  const isLong = (source: Source) => countLines(source) > FILE_LINES_MAX && !isTable(source)
  expect(findOffenders(isLong)).toEqual([])
})

test(`architecture: the median file has at most ${FILE_LINES_MEDIAN_MAX} lines`, () => {
  const lengths = sources.map(countLines).sort((first, second) => first - second)
  expect(lengths[lengths.length >> 1] ?? 0).toBeLessThanOrEqual(FILE_LINES_MEDIAN_MAX)
})

test(`architecture: functions have at most ${FUNCTION_LINES_MAX} lines, including factories`, () => {
  expect(sources.flatMap(findLongFunctions)).toEqual([])
})

test.each([
  ['a declaration', ['function f(', '  a: A,', '): B {', '  return 1', '}', '', 'f()'], 5],
  ['a block arrow', ['const f = (a: A) => {', '  return {', '    a,', '  }', '}', 'f()'], 5],
  ['an expression arrow', ['const f = (a: A) =>', '  new B()', '    .use(a)', '', 'f()'], 3],
  ['a method', ['  async f({', '    a,', '  }: A) {', '    g(a)', '  },', '  h() {'], 5],
  ['an argument', ['  .post(', '    async () => {', '', '    },', '  )'].slice(1), 3],
])('architecture: the length of %s is counted to its last bracket', (_what, lines, count) => {
  expect(lines[0]).toMatch(FUNCTION_START)
  expect(countFunctionLines(lines, 0)).toBe(count)
})
