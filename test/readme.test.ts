import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dir, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const START_TIMEOUT_MS = 60_000

const directory = mkdtempSync(join(tmpdir(), 'licet-readme-'))
const server = Bun.spawn([join(root, 'scripts/start')], {
  cwd: directory,
  env: { ...process.env, LICET_PORT: '0', LICET_DATA_DIR: join(directory, 'data') },
  stdout: 'ignore',
  stderr: 'pipe',
})
let url = ''

beforeAll(async () => {
  const decoder = new TextDecoder()
  let output = ''
  for await (const chunk of server.stderr) {
    output += decoder.decode(chunk, { stream: true })
    url = /Licet answers at (\S+)/.exec(output)?.[1] ?? ''
    if (url !== '') return
  }
  throw new Error(`the server did not start: ${output}`)
}, START_TIMEOUT_MS)

afterAll(async () => {
  server.kill('SIGTERM')
  await server.exited
  rmSync(directory, { recursive: true })
})

test('the tour can be pasted as it stands, and each step answers what it says', async () => {
  const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '')
  expect(blocks.length).toBeGreaterThan(5)
  const token = readFileSync(join(directory, 'data', 'admin.token'), 'utf8').trim()
  const shell = Bun.spawn(['sh', '-eu'], {
    cwd: directory,
    env: { ...process.env, URL: url, TOKEN: token },
    stdin: new Blob([blocks.join("\necho\necho '---'\n")]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = await new Response(shell.stdout).text()
  expect(await new Response(shell.stderr).text()).toBe('')
  expect(await shell.exited).toBe(0)

  const [created, validated, lifecycle, explained, bound, events] = output.split('---\n')
  expect(created).toContain('"key":"TO-')
  expect(validated).toContain('{"valid":true,"license":{"id":"lic_')
  expect(lifecycle).toContain('"suspension_reason":"payment failed"')
  expect(lifecycle).toContain('"error":"LICENSE_SUSPENDED"')
  expect(lifecycle).toContain('"status":"active"')
  expect(explained).toContain(
    '"detail":"example.org would take a free slot (1 of 3 in use: example.com)."',
  )
  expect(bound).toContain('"kind":"device"')
  expect(bound).toContain('"id":"seat_')
  expect(events).toContain('"type":"activation.created"')
})

test('the table of configuration names every variable that is read, and no other', () => {
  const names = (text: string) => new Set(text.match(/LICET_[A-Z_]+[A-Z]/g))
  const table = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Read on'))
  const read = readFileSync(join(root, 'src/config.ts'), 'utf8')
  expect([...names(table)].sort()).toEqual([...names(read)].sort())
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
