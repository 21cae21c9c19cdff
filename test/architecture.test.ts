import { describe, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { dependencies } from '../package.json'

const LINES_MAX = 350

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

/** What a layer may import besides itself, `assert.ts` and `log.ts`; `types` as types only. */
interface Border {
  readonly layers: readonly string[]
  readonly types: readonly string[]
  readonly packages: readonly string[]
}

const ports = ['store/port.ts', 'usage/port.ts', 'deps.ts']

const borders: Readonly<Record<string, Border>> = {
  domain: { layers: [], types: [], packages: ['@noble/hashes', 'ipaddr.js', 'tldts', 'typeid-js'] },
  wire: { layers: ['domain'], types: [], packages: ['@sinclair/typebox'] },
  store: {
    layers: ['domain'],
    types: [],
    packages: ['bun:sqlite', 'drizzle-orm', 'lru-cache', 'node:fs', 'node:os', 'node:path'],
  },
  usage: {
    layers: ['domain'],
    types: [],
    packages: ['bun:sqlite', 'drizzle-orm', 'node:fs', 'node:path', 'node:worker_threads'],
  },
  webhooks: {
    layers: ['domain'],
    types: ports,
    packages: ['ipaddr.js', 'node:crypto', 'node:net'],
  },
  http: {
    layers: ['wire', 'domain'],
    types: [...ports, 'platform/config.ts', 'platform/countries.ts', 'platform/vault.ts', 'bun'],
    packages: [
      '@elysiajs/swagger',
      '@sinclair/typebox',
      'elysia',
      'ipaddr.js',
      'lru-cache',
      'node:crypto',
      'swagger-ui-dist',
    ],
  },
  jobs: {
    layers: ['domain', 'webhooks'],
    types: ports,
    packages: ['@elysiajs/cron', 'elysia'],
  },
  platform: {
    layers: ['domain'],
    types: ['deps.ts'],
    packages: [
      'ipaddr.js',
      'maxmind',
      'node:crypto',
      'node:fs',
      'node:net',
      'node:path',
      'pino',
      'pino-pretty',
      'prom-client',
    ],
  },
}

/** These put the whole together, so they may import every layer, and no layer imports them. */
const composers = ['cli', 'server']

/** The only ones that know Elysia. */
const elysiaPlaces = /^(?:server\/app\.ts$|http\/)/
const cronMount = 'jobs/timers.ts'
const forAll = ['assert.ts', 'platform/log.ts']

const root = join(import.meta.dir, '..')
const sources = await readSources()
const imports = sources.flatMap((source) => source.imports)

async function readSources(): Promise<Source[]> {
  const paths = [...new Glob('**/*.ts').scanSync(join(root, 'src'))].sort()
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

/** The folder under src; null for the files that put the whole together. */
function layerOf(path: string): string | null {
  return path.includes('/') ? (path.split('/')[0] ?? null) : null
}

const show = ({ from, to, isType }: Import) => `${from} -> ${isType ? 'type ' : ''}${to}`

describe('layers', () => {
  test('every folder under src has its border written down', () => {
    const layers = new Set(sources.map(({ path }) => layerOf(path)))
    expect([...layers].filter(Boolean).sort()).toEqual(
      [...Object.keys(borders), ...composers].sort(),
    )
  })

  test.each(Object.entries(borders))('%s imports only what its border allows', (layer, border) => {
    const crossings = imports.filter(
      ({ from, to }) => layerOf(from) === layer && layerOf(to) !== layer,
    )
    const forbidden = crossings.filter(({ to, isType, specifier }) => {
      if (forAll.includes(to) || (isType && border.types.includes(to))) return false
      return isOurs(specifier)
        ? !border.layers.includes(layerOf(to) ?? to)
        : !border.packages.includes(to)
    })
    expect(forbidden.map(show)).toEqual([])
  })

  test('an import within a layer starts with a dot, one across layers with a tilde', () => {
    const wrong = imports.filter(({ from, to, specifier }) => {
      const layer = layerOf(from)
      if (layer === null || !isOurs(specifier)) return false
      return specifier.startsWith('~/') === (layerOf(to) === layer)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('nothing imports cli or server, except main.ts and cli itself', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        composers.includes(layerOf(to) ?? '') &&
        !composers.includes(layerOf(from) ?? '') &&
        from !== 'main.ts',
    )
    expect(wrong.map(show)).toEqual([])
    expect(imports.filter(({ from }) => from === 'main.ts').map(show)).toEqual([
      'main.ts -> cli/program.ts',
    ])
  })

  test('src has at most 16 entries at its root', () => {
    const entries = new Set(sources.map(({ path }) => path.split('/')[0]))
    expect(entries.size).toBeLessThanOrEqual(16)
  })
})

test('only server/app.ts, http and the cron mount import Elysia', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      (to === 'elysia' || to.startsWith('@elysiajs/')) &&
      !elysiaPlaces.test(from) &&
      from !== cronMount,
  )
  expect(wrong.map(show)).toEqual([])
})

test('every package is one that package.json installs', () => {
  const known = new Set([...Object.keys(dependencies), 'bun'])
  const unknown = imports.filter(
    ({ to, specifier }) =>
      !isOurs(specifier) && !/^(?:node|bun):/.test(specifier) && !known.has(to),
  )
  expect(unknown.map(show)).toEqual([])
})

test('every import names a file with its extension', () => {
  const paths = new Set(sources.map(({ path }) => path))
  const dangling = imports.filter(
    ({ to, specifier }) => isOurs(specifier) && !paths.has(to) && to !== '../package.json',
  )
  expect(dangling.map(show)).toEqual([])
})

test('no file needs itself to be loaded', () => {
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

describe('a file', () => {
  const offending = (offends: (source: Source) => boolean) =>
    sources.filter(offends).map(({ path }) => path)

  test('has no default export', () => {
    const pattern = /^export default\b|\bas default\b/m
    expect(offending(({ text }) => pattern.test(text))).toEqual([])
  })

  test('re-exports nothing and is not an index', () => {
    expect(offending(({ text }) => /^export\s[\w*{}\s,$]*\sfrom\s'/m.test(text))).toEqual([])
    expect(offending(({ path }) => /(?:^|\/)index\.ts$/.test(path))).toEqual([])
  })

  test('is short', () => {
    const isGenerated = (path: string) => path.endsWith('migrations.ts')
    const isLong = ({ path, text }: Source) =>
      text.split('\n').length > LINES_MAX && !isGenerated(path) && !path.endsWith('schema.ts')
    expect(offending(isLong)).toEqual([])
  })

  test('leaves nothing to do, and holds no NUL', () => {
    expect(offending(({ text }) => /\bTODO\b|\bFIXME\b|\0/.test(text))).toEqual([])
  })

  test('imports at its top, and by a name that can be read here', () => {
    const counted = sources.map(({ path, text, imports: own }) => {
      const scanned = new Bun.Transpiler({ loader: 'ts' }).scanImports(text)
      const values = own.filter(({ isType }) => !isType)
      const missed = scanned.filter(
        ({ path: specifier }) => !values.some((known) => known.specifier === specifier),
      )
      return missed.map(({ path: specifier }) => `${path} -> ${specifier}`)
    })
    expect(counted.flat()).toEqual([])
  })
})
