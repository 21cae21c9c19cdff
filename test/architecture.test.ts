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

/** What a layer may know besides itself, `assert.ts` and `log.ts`; and what as a type only. */
interface Border {
  readonly layers: readonly string[]
  readonly types: readonly string[]
  readonly packages: readonly string[]
}

const borders: Readonly<Record<string, Border>> = {
  contract: { layers: [], types: [], packages: ['@sinclair/typebox'] },
  domain: {
    layers: [],
    types: [],
    packages: ['ipaddr.js', 'node:crypto', 'node:util', 'node:zlib', 'tldts', 'typeid-js'],
  },
  store: {
    layers: ['domain'],
    types: [],
    packages: [
      'bun:sqlite',
      'drizzle-orm',
      'lru-cache',
      'node:fs',
      'node:os',
      'node:path',
      'node:worker_threads',
    ],
  },
  outbound: { layers: ['domain'], types: [], packages: ['ipaddr.js', 'node:net'] },
  http: {
    layers: ['contract', 'domain'],
    types: ['store/port.ts', 'deps.ts', 'config.ts', 'countries.ts', 'vault.ts', 'bun'],
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
    layers: ['contract', 'domain'],
    types: ['store/port.ts', 'deps.ts'],
    packages: ['@elysiajs/cron', 'elysia'],
  },
}

/** The only ones that know Elysia. */
const elysiaRooms = /^(?:app\.ts$|http\/)/
const cronMounting = 'jobs/timers.ts'
const forAll = ['assert.ts', 'log.ts']

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

describe('a layer', () => {
  test('has its border written down', () => {
    const layers = new Set(sources.map(({ path }) => layerOf(path)))
    expect([...layers].filter(Boolean).sort()).toEqual([...Object.keys(borders), 'commands'].sort())
  })

  test.each(Object.entries(borders))(
    '%s knows what stands at its border, no more',
    (layer, border) => {
      const crossings = imports.filter(
        ({ from, to }) => layerOf(from) === layer && layerOf(to) !== layer,
      )
      const strangers = crossings.filter(({ to, isType, specifier }) => {
        if (forAll.includes(to) || (isType && border.types.includes(to))) return false
        return isOurs(specifier)
          ? !border.layers.includes(layerOf(to) ?? to)
          : !border.packages.includes(to)
      })
      expect(strangers.map(show)).toEqual([])
    },
  )

  test('is written with a tilde from outside and with a dot from inside', () => {
    const wrong = imports.filter(({ from, to, specifier }) => {
      const layer = layerOf(from)
      if (layer === null || !isOurs(specifier)) return false
      return specifier.startsWith('~/') === (layerOf(to) === layer)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('is imported from no file that puts the whole together', () => {
    const roots = imports.filter(
      ({ from, to }) => layerOf(to) === 'commands' && layerOf(from) !== 'commands',
    )
    expect(roots.map(show)).toEqual(['main.ts -> commands/run.ts'])
  })
})

test('Elysia is known to app.ts, http and the mounting of cron', () => {
  const strangers = imports.filter(
    ({ from, to }) =>
      (to === 'elysia' || to.startsWith('@elysiajs/')) &&
      !elysiaRooms.test(from) &&
      from !== cronMounting,
  )
  expect(strangers.map(show)).toEqual([])
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

  test('passes nothing on that is not its own, and none but the list of routes is an index', () => {
    expect(offending(({ text }) => /^export\s[\w*{}\s,$]*\sfrom\s'/m.test(text))).toEqual([])
    expect(offending(({ path }) => /(?:^|\/)index\.ts$/.test(path))).toEqual(['http/v1/index.ts'])
  })

  test('is short', () => {
    const generated = 'store/sqlite/migrations.ts'
    const tables = 'store/sqlite/schema.ts'
    const isLong = ({ path, text }: Source) =>
      text.split('\n').length > LINES_MAX && path !== generated && path !== tables
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
