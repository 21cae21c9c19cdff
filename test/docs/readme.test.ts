import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const START_TIMEOUT_MS = 60_000

const root = join(import.meta.dir, '../..')
const readPage = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = readPage('README.md')

/** The blocks of a page that are meant to be pasted into a shell. */
const blocksOf = (page: string) =>
  [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '')

const directory = mkdtempSync(join(tmpdir(), 'licet-readme-'))
const { promise: isReady, resolve: markReady } = Promise.withResolvers<void>()
let printed = ''
/** Started on a terminal, as a new user starts it. */
const server = Bun.spawn([join(root, 'scripts/start')], {
  cwd: directory,
  env: { ...process.env, LICET_PORT: '0', LICET_DATA_DIR: join(directory, 'data') },
  terminal: {
    cols: 400,
    rows: 100,
    data: (_terminal, bytes) => {
      printed += new TextDecoder().decode(bytes)
      if (printed.includes('"domain":"example.com"')) markReady()
    },
  },
})

beforeAll(() => Promise.race([isReady, server.exited]), START_TIMEOUT_MS)

afterAll(async () => {
  server.kill('SIGTERM')
  await server.exited
  rmSync(directory, { recursive: true })
})

/** Runs blocks in one shell, and returns the output of each. */
async function paste(blocks: readonly string[]): Promise<string[]> {
  const [, setup = ''] = /^```sh setup\n([\s\S]*?)^```$/m.exec(readme) ?? []
  const variables = setup
    .replace('http://127.0.0.1:3000', /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '')
    .replace('licet_…', /licet_\w+/.exec(printed)?.[0] ?? '')
  expect(variables).toMatch(/^URL=http:\S+:\d+\nTOKEN=licet_\w{36}\n/)
  const shell = Bun.spawn(['sh', '-eu'], {
    cwd: directory,
    stdin: new Blob([variables + blocks.join("\necho\necho '---'\n")]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = await new Response(shell.stdout).text()
  expect(await new Response(shell.stderr).text()).toBe('')
  expect(await shell.exited).toBe(0)
  return output.split('---\n')
}

test('docs: every shell example can be pasted unchanged and prints what the page says', async () => {
  const tour = blocksOf(readme)
  const pages = ['usage', 'activations', 'api', 'webhooks'].map((name) =>
    blocksOf(readPage(`docs/${name}.md`)).join('\necho\n'),
  )
  const outputs = await paste([...tour, ...pages])
  const [created, validated, lifecycle, explained, planned, bound, events] = outputs
  expect(created).toContain('"key":"TO-')
  expect(validated).toContain('{"valid":true,"license":{"id":"lic_')
  expect(lifecycle).toContain('"suspension_reason":"payment failed"')
  expect(lifecycle).toContain('"error":"LICENSE_SUSPENDED"')
  expect(lifecycle).toContain('"status":"active"')
  expect(explained).toContain(
    '"detail":"example.org would take a free slot (1 of 3 in use: example.com)."',
  )
  expect(planned).toContain('"slug":"team"')
  expect(bound).toContain('"kind":"device"')
  expect(bound).toContain('"id":"seat_')
  expect(events).toContain('"type":"activation.created"')

  const [usage, activations, api, webhooks] = outputs.slice(tour.length)
  expect(usage).toContain('"summary":{"valid":1,"refused":1,"by_error":{"LICENSE_SUSPENDED":1}')
  expect(usage?.match(/"interval":"(?:hour|day)"/g)).toHaveLength(2)
  expect(readFileSync(join(directory, 'usage.ndjson'), 'utf8').split('\n')).toHaveLength(3)
  expect(activations?.match(/"value":"shop\.example\.com"/g)).toHaveLength(2)
  expect(activations).toContain('"value":"example.org"')
  expect(activations?.match(/"id":"seat_/g)).toHaveLength(2)
  expect(api).toContain('"token":"licet_')
  expect(api?.match(/"key":"TO-/g)).toHaveLength(4)
  expect(webhooks).toContain('"secret":"whsec_')
  expect(webhooks).toContain('"event_type":"webhook.test"')
  expect(webhooks).toContain('"recovered":')
})

test('README: its table and the help list every variable that Licet reads, and no other', () => {
  const names = (text: string) => [...new Set(text.match(/LICET_[A-Z_]+[A-Z]/g))].sort()
  const read = names(readPage('src/platform/config.ts'))
  const table = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Documentation'))
  expect(names(table)).toEqual(read)
  expect(names(readPage('src/cli/serve.ts'))).toEqual(read)
})

test('docs: every local link leads to a file', () => {
  const pages = ['README.md', 'CONTRIBUTING.md']
  for (const name of readdirSync(join(root, 'docs'), { recursive: true })) {
    if (String(name).endsWith('.md')) pages.push(join('docs', String(name)))
  }
  const broken = pages.flatMap((page) => {
    const links = [...readPage(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
    return links
      .map(([, link]) => link ?? '')
      .filter((link) => !link.startsWith('http') && !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page} -> ${link}`)
  })
  expect(broken).toEqual([])
})

test('docs/dependencies.md: every dependency has a line', () => {
  const { dependencies, devDependencies } = JSON.parse(readPage('package.json'))
  const page = readPage('docs/dependencies.md')
  const names = Object.keys({ ...dependencies, ...devDependencies })
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
