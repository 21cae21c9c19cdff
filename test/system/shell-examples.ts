import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blockOf, blocksOf, readPage, root } from '../support/pages.ts'

const readme = readPage('README.md')
const directory = mkdtempSync(join(tmpdir(), 'licet-readme-'))
const { promise: isReady, resolve: markReady } = Promise.withResolvers<void>()
let printed = ''
const shopSecret = `whsec_${Buffer.from('the secret of a shop').toString('base64')}`
/** Started on a terminal, as a new user starts it. */
const server = Bun.spawn([join(root, 'scripts/start')], {
  cwd: directory,
  env: {
    ...process.env,
    LICET_PORT: '0',
    LICET_DATA_DIR: join(directory, 'data'),
    LICET_STANDARD_SECRETS: `${/LICET_STANDARD_SECRETS=([\w-]+)/.exec(readme)?.[1]},${shopSecret}`,
  },
  terminal: {
    cols: 400,
    rows: 100,
    data: (_terminal, bytes) => {
      printed += new TextDecoder().decode(bytes)
      if (printed.includes('"domain":"example.com"')) markReady()
    },
  },
})

beforeAll(() => Promise.race([isReady, server.exited]))

afterAll(async () => {
  server.kill('SIGTERM')
  await server.exited
  rmSync(directory, { recursive: true })
})

/** The setup block of the tour, with the address of the server and, unless given, its API key. */
function buildSetup(token = /licet_\w{36}/.exec(printed)?.[0] ?? ''): string {
  const variables = blockOf(readme, 'sh setup')
    .replace('http://127.0.0.1:3000', /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '')
    .replace('licet_…', token)
  expect(variables).toMatch(/^URL=http:\S+:\d+\nTOKEN=licet_\w+\n/)
  return variables
}

async function pasteInto(shell: readonly string[], text: string) {
  const child = Bun.spawn([...shell], {
    cwd: directory,
    stdin: new Blob([text]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { stdout, stderr, exitCode: await child.exited }
}

/** Runs blocks in one shell, and returns the output of each. */
async function paste(blocks: readonly string[]): Promise<string[]> {
  const text = buildSetup() + blocks.join("\necho '---'\n")
  const { stdout, stderr, exitCode } = await pasteInto(['sh', '-eu'], text)
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  return stdout.split('---\n')
}

test('docs: every shell example can be pasted unchanged and prints what the page says', async () => {
  const tour = blocksOf(readme)
  const pages = [
    'usage',
    'activations',
    'api',
    'webhooks',
    'plans',
    'importing-keys',
    'checkout',
    'offline',
  ].map((name) => blocksOf(readPage(`docs/${name}.md`)).join('\n'))
  const outputs = await paste([...tour, ...pages])
  const [
    product,
    plan,
    created,
    validated,
    lifecycle,
    explained,
    device,
    seats,
    events,
    ...bought
  ] = outputs
  expect(product).toMatch(/^\{.*"slug":"editor".*\}\n/)
  expect(plan).toContain('"slug":"team"')
  expect(plan).toContain('"max_seats":1')
  expect(created).toContain('"key":"ED-')
  expect(validated).toContain('{"valid":true,"license":{"id":"lic_')
  expect(lifecycle?.match(/^\{.*\}$/gm)).toHaveLength(3)
  expect(lifecycle).toContain('"suspension_reason":"payment failed"')
  expect(lifecycle).toContain('"error":"LICENSE_SUSPENDED"')
  expect(lifecycle).toContain('"status":"active"')
  expect(explained).toContain(
    '"detail":"example.org would take a free slot (1 of 3 in use: example.com)."',
  )
  expect(device).toContain('"kind":"device"')
  expect(seats?.match(/"id":"seat_/g)).toHaveLength(1)
  expect(seats).toContain('"code":"SEAT_LIMIT_REACHED"')
  expect(events).toContain('"type":"activation.created"')
  expect(bought[0]).toBe('{}\n')
  expect(bought[1]).toMatch(/^\{"state":"ready","licenses":\[\{"key":"ED-.*"plan":"team"/)

  const [usage, activations, api, webhooks, plans, imported, checkout, offline] = outputs.slice(
    tour.length,
  )
  expect(usage).toContain('"summary":{"valid":1,"refused":1,"by_error":{"LICENSE_SUSPENDED":1}')
  expect(usage?.match(/"interval":"(?:hour|day)"/g)).toHaveLength(2)
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  expect(read('usage.ndjson').split('\n')).toHaveLength(3)
  expect(activations?.match(/"value":"shop\.example\.com"/g)).toHaveLength(2)
  expect(activations).toContain('"value":"example.org"')
  expect(activations?.match(/"id":"seat_/g)).toHaveLength(3)
  expect(api).toContain('"token":"licet_')
  // Five that were created, and four that the dry run of a suspension lists.
  expect(api?.match(/"key":"TO-/g)).toHaveLength(9)
  expect(api).toContain('"dry_run":true,"count":4,"changed":4')
  expect(webhooks).toContain('"secret":"whsec_')
  expect(webhooks).toContain('"event_type":"webhook.test"')
  expect(webhooks).toContain('"recovered":')
  expect(plans).toContain(/^ {4}("notices":.*)$/m.exec(readPage('docs/plans.md'))?.[1] ?? '')
  expect(plans).toContain('"max_domains":25')
  expect(plans).toMatch(/"key":"ED-.*"plan":"trial".*"expires_at":null/)
  expect(plans).toMatch(/"id":"lic_.*"plan":"team".*"expires_at":"2/)
  expect(imported).toContain('"key":"ACME-2019-7f3a9c0b51"')
  expect(checkout).toContain('"price":"price_pro"')
  expect(checkout).toContain('{"data":[],"next_cursor":null}')
  expect(checkout).toMatch(/"type":"paid".*"state":"received"/)
  expect(checkout).toContain('"licenses_count":2')
  expect(offline).toMatch(/"valid":true.*"signed":"/)
  expect(offline).toMatch(/"id":"seat_.*"signed":"/)
  expect(offline?.match(/"file":"-----BEGIN LICET LICENSE-----/g)).toHaveLength(2)
  expect(read('license.txt')).toMatch(/^-----BEGIN LICET LICENSE-----\n[^"\\]+\n-----END LICET/)
  expect(read('revocations.txt')).toStartWith('-----BEGIN LICET REVOCATIONS-----\n')
})

test('docs/importing-keys.md: the program imports the list, skips what exists, and names what fails', async () => {
  const page = readPage('docs/importing-keys.md')
  const block = (info: string) => blockOf(page, info)
  writeFileSync(join(directory, 'import_keys.py'), block('python'))
  writeFileSync(join(directory, 'keys.csv'), block('csv'))
  const run = () => pasteInto(['sh', '-u'], buildSetup() + block('sh python'))
  expect(await run()).toEqual({
    stdout: '2 imported, 0 skipped, 0 failed\n',
    stderr: '',
    exitCode: 0,
  })
  writeFileSync(join(directory, 'keys.csv'), `${block('csv')}1004,too-short,team,a@b.example,,,\n`)
  const again = await run()
  expect(again).toMatchObject({ stdout: '0 imported, 2 skipped, 1 failed\n', exitCode: 1 })
  expect(again.stderr).toContain('line 4: {')
  expect(again.stderr).toContain('16–255 printable characters')
})

test('docs: every shell example about a shop can be pasted, once the shop has a secret', async () => {
  const names = ['stripe', 'paddle', 'lemonsqueezy', 'polar', 'standard']
  const pages = names.map((name) =>
    blocksOf(readPage(`docs/checkout/${name}.md`))
      .filter((block) => !block.includes('scripts/start'))
      .join('\n')
      .replace('whsec_…', shopSecret),
  )
  const outputs = await paste(pages)
  for (const output of outputs) expect(output).toMatch(/^\{"id":"rule_/m)
  expect(outputs.at(-1)).toMatch(/^\{\}$/m)
})

test('README: the tour fails loudly without a valid API key, and does not close the terminal', async () => {
  const tour = buildSetup('licet_wrong') + blocksOf(readme).join('\n')
  const script = await pasteInto(['sh', '-eu'], tour)
  expect(script.exitCode).not.toBe(0)
  expect(script.stdout).toContain('"code":"unauthorized"')
  expect(script.stdout).not.toContain('"valid":true')

  const terminal = await pasteInto(['bash', '--norc', '-i'], `${tour}\necho "still open"\nexit\n`)
  expect(terminal.exitCode).toBe(0)
  expect(terminal.stdout).toEndWith('still open\n')
  expect(terminal.stdout).toContain('"code":"unauthorized"')
  expect(terminal.stderr).toContain('The requested URL returned error: 401')
  expect(terminal.stderr).toContain('There is no license')
})
