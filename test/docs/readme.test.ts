import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dir, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const usagePage = readFileSync(join(root, 'docs/usage.md'), 'utf8')
const START_TIMEOUT_MS = 60_000

/** What is to be pasted into a shell. */
const blocksOf = (page: string) =>
  [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '')

const directory = mkdtempSync(join(tmpdir(), 'licet-readme-'))
const { promise: isGreeted, resolve: greet } = Promise.withResolvers<void>()
let printed = ''
/** On a terminal, as newcomers start it. */
const server = Bun.spawn([join(root, 'scripts/start')], {
  cwd: directory,
  env: { ...process.env, LICET_PORT: '0', LICET_DATA_DIR: join(directory, 'data') },
  terminal: {
    cols: 400,
    rows: 100,
    data: (_terminal, bytes) => {
      printed += new TextDecoder().decode(bytes)
      if (printed.includes('"domain":"example.com"')) greet()
    },
  },
})
const printedAfter = (words: string) => printed.split(words)[1]?.match(/^\S+/)?.[0] ?? ''

beforeAll(() => Promise.race([isGreeted, server.exited]), START_TIMEOUT_MS)

afterAll(async () => {
  server.kill('SIGTERM')
  await server.exited
  rmSync(directory, { recursive: true })
})

test('the tour can be pasted as it stands, and each step answers what it says', async () => {
  const blocks = [...blocksOf(readme), ...blocksOf(usagePage)]
  expect(blocks.length).toBeGreaterThan(6)
  const [, setup = ''] = /^```sh setup\n([\s\S]*?)^```$/m.exec(readme) ?? []
  const ours = setup
    .replace('http://127.0.0.1:3000', printedAfter('Licet answers at '))
    .replace('licet_…', printedAfter('Admin key, shown this once: '))
  expect(ours).toMatch(/^URL=http:\S+:\d+\nTOKEN=licet_\w{36} /)
  const shell = Bun.spawn(['sh', '-eu'], {
    cwd: directory,
    stdin: new Blob([ours + blocks.join("\necho\necho '---'\n")]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = await new Response(shell.stdout).text()
  expect(await new Response(shell.stderr).text()).toBe('')
  expect(await shell.exited).toBe(0)

  const [created, validated, lifecycle, explained, planned, bound, events, usage] =
    output.split('---\n')
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
  expect(usage).toContain('"summary":{"valid":1,"refused":1,"by_error":{"LICENSE_SUSPENDED":1}')
  expect(usage?.match(/"interval":"(?:hour|day)"/g)).toHaveLength(2)
  expect(readFileSync(join(directory, 'usage.ndjson'), 'utf8').split('\n')).toHaveLength(3)
})

test('the README and the help name every variable that is read, and no other', () => {
  const names = (text: string) => new Set(text.match(/LICET_[A-Z_]+[A-Z]/g))
  const table = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Read on'))
  const read = readFileSync(join(root, 'src/platform/config.ts'), 'utf8')
  expect([...names(table)].sort()).toEqual([...names(read)].sort())
  const help = readFileSync(join(root, 'src/cli/serve.ts'), 'utf8')
  expect([...names(help)].sort()).toEqual([...names(read)].sort())
})

test('every link of the README leads somewhere', () => {
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '')
  const local = links.filter((link) => !link.startsWith('http'))
  expect(local.filter((link) => !existsSync(join(root, link)))).toEqual([])
})

test('every dependency has its line in docs/dependencies.md', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  const names = Object.keys({ ...dependencies, ...devDependencies })
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
