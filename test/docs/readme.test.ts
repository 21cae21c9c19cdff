import { expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sources } from '~/importing/sources.ts'
import { readEdgeConfig } from '~/platform/config-edge.ts'
import { listPages, readPage, root, shellBlocksOf } from '../support/pages.ts'

const readme = readPage('README.md')
const readConfigs = (...names: readonly string[]) =>
  names.map((name) => readPage(`src/platform/${name}.ts`)).join('\n')
const serverConfig = readConfigs(
  'config',
  'config-backups',
  'config-database',
  'config-keygen',
  'config-mail',
)
const config = serverConfig + readConfigs('config-edge')

test('docs: every request of a shell example fails loudly, except those that are meant to fail', () => {
  const blocks = listPages().flatMap((path) => shellBlocksOf(readPage(path)))
  const silent = blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => line.includes('curl ') && !line.startsWith('curl()'))
    .filter((line) => !line.includes('--fail-with-body'))
  expect(silent).toHaveLength(1)
  expect(silent[0]).toContain('"another device"')
})

test('README: its table and the help list every variable that Licet reads, and no other', () => {
  const names = (text: string) => [...new Set(text.match(/LICET_[A-Z_]+[A-Z]/g))].sort()
  const table = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Documentation'))
  expect(names(table)).toEqual(names(config))
  expect(names(readPage('src/cli/serve.ts'))).toEqual(names(serverConfig))
})

test('docs: the help of an edge lists every variable that it reads, and no other', () => {
  const help = readPage('src/cli/edge.ts').match(/LICET_[A-Z_]+[A-Z]/g) ?? []
  const token = Object.fromEntries([['LICET_EDGE_TOKEN', 'a'.repeat(40)]])
  const options = { primary: 'https://licenses.example.com', onPartition: 'forward' }
  const all = Object.fromEntries(
    config.match(/LICET_[A-Z_]+[A-Z]/g)?.map((name) => [name, '']) ?? [],
  )
  const { unknown } = readEdgeConfig({ ...all, ...token }, false, options)
  expect([...new Set(help), ...unknown].sort()).toEqual(Object.keys(all).sort())
})

test('docs: every variable and every route that a page names exists', () => {
  const { paths } = JSON.parse(readPage('openapi.json'))
  const routes = new Set(
    Object.entries<object>(paths).flatMap(([path, operations]) => {
      const name = path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, ':id')
      return Object.keys(operations).map((method) => `${method.toUpperCase()} ${name}`)
    }),
  )
  const readElsewhere = {
    LICET_FINGERPRINT: 'sdks/node/src/fingerprints.ts',
    LICET_TEST_DATABASE_URL: 'test/support/postgres.ts',
  }
  for (const [name, path] of Object.entries(readElsewhere)) expect(readPage(path)).toContain(name)
  const unknown = listPages().flatMap((page) => {
    const text = readPage(page)
    const variables = text.match(/LICET_[A-Z_]+[A-Z]/g) ?? []
    const named = [...text.matchAll(/`(GET|POST|PUT|DELETE) (?:\/api\/v1)?(\/[\w/:-]+)/g)]
    return [
      ...variables.filter((name) => !config.includes(name) && !(name in readElsewhere)),
      ...named
        .map(([, method, path = '']) => `${method} ${path.replaceAll(/:\w+|\w+_…/g, ':id')}`)
        .filter((route) => !routes.has(route)),
    ].map((name) => `${page}: ${name}`)
  })
  expect(unknown).toEqual([])
})

test('docs: every local link leads to a file', () => {
  const broken = listPages().flatMap((page) => {
    const links = [...readPage(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
    return links
      .map(([, link]) => link ?? '')
      .filter((link) => !link.startsWith('http') && !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page} -> ${link}`)
  })
  expect(broken).toEqual([])
})

test('README: it links every page of the documentation', () => {
  const guides = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  const pages = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...guides]
  expect(pages.filter((page) => !readme.includes(`](${page})`))).toEqual([])
})

test('docs/moving.md: it links the page of every product, and each names its source', () => {
  const overview = readPage('docs/moving.md')
  const pages = readdirSync(join(root, 'docs/moving'))
  expect(pages.filter((page) => !overview.includes(`](moving/${page})`))).toEqual([])
  const texts = pages.map((page) => readPage(`docs/moving/${page}`)).join('\n')
  const imported = [...sources.keys()].filter((name) => name !== 'csv')
  expect(imported.filter((name) => !texts.includes(`licet import ${name} `))).toEqual([])
})

test('docs: every link to a section leads to a heading', () => {
  const anchorsOf = (page: string) =>
    [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    )
  const broken = listPages().flatMap((page) =>
    [...readPage(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)]
      .filter(([, path = '', anchor = '']) => {
        const target = path === '' ? page : join(dirname(page), path)
        return !anchorsOf(target).includes(anchor)
      })
      .map(([link]) => `${page} ${link}`),
  )
  expect(broken).toEqual([])
})

test('docs/dependencies.md: every dependency has a line', () => {
  const { dependencies, devDependencies } = JSON.parse(readPage('package.json'))
  const page = readPage('docs/dependencies.md')
  const names = Object.keys({ ...dependencies, ...devDependencies })
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
