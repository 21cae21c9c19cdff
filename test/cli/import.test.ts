import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { readUntil } from '../support/noticing.ts'
import { blockOf, readPage } from '../support/pages.ts'
import { commandOf, runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
let server: ServerProcess

beforeAll(async () => {
  server = await startServer(sandbox)
  const plan = { product: 'default', slug: 'team', name: 'Team', max_domains: 2 }
  expect((await server.send('POST', '/api/v1/plans', plan)).status).toBe(201)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

let files = 0

/** Runs an import of a file with these contents. */
async function importText(text: string, ...args: string[]) {
  files += 1
  const path = sandbox.at(`export-${files}.csv`)
  await Bun.write(path, text)
  return runLicet(sandbox, ['import', 'csv', path, ...args])
}

const validate = async (key: string) =>
  (await server.send('POST', '/api/v1/validate', { key })).body

/** Validates until the server has noticed that the key is valid, or no longer. */
const becomes = (key: string, valid: boolean) =>
  readUntil(
    () => validate(key),
    (verdict) => verdict.valid === valid,
  )

const find = async (reference: string) =>
  (await server.send('GET', `/api/v1/licenses?external_ref=${reference}`)).body.data[0]

test('import: the running server validates imported keys, also one that it has just refused', async () => {
  const key = 'ACME-2019-0000000001'
  expect((await validate(key)).error).toBe('LICENSE_NOT_FOUND')
  const text = `id,key,plan,email,domains\n1,${key},team,ada@example.com,example.org\n`
  expect(await importText(text)).toEqual({
    code: 0,
    stdout: '1 imported, 0 already there; 1 activation created.\n',
    stderr: '',
  })
  expect(await becomes(key, true)).toMatchObject({ valid: true })
  expect(await find('csv:1')).toMatchObject({ plan: 'team', domains: ['example.org'] })
})

test('import: what the server has in memory is dropped when an update changes it', async () => {
  const rows = (status: string) => `id,key,plan,status\n2,ACME-2019-0000000002,team,${status}\n`
  await importText(rows('active'))
  expect(await becomes('ACME-2019-0000000002', true)).toMatchObject({ valid: true })
  expect((await importText(rows('suspended'), '--update')).stdout).toBe(
    '0 imported, 0 already there, 1 changed; 0 activations created.\n',
  )
  const error = 'LICENSE_SUSPENDED'
  expect(await becomes('ACME-2019-0000000002', false)).toMatchObject({ error })
})

test('docs/importing-keys.md: its file is imported, and its second license is suspended', async () => {
  const text = blockOf(readPage('docs/importing-keys.md'), 'csv import')
  expect(await importText(text)).toMatchObject({
    code: 0,
    stdout: '2 imported, 0 already there; 1 activation created.\n',
  })
  expect((await validate('ACME-2020-0b2d90e1f4')).error).toBe('LICENSE_SUSPENDED')
})

test('import: columns, plans and the name of the source can be mapped', async () => {
  const text =
    'Order;Serial;Product;Note\n7;ACME-2019-0000000007;Team = 5;first\n8;ACME-2019-0000000008;;\n'
  const columns = ['id=Order', 'key=Serial', 'plan=Product', 'metadata.note=Note']
  const maps = ['--plan', 'Team = 5=team', '--plan', 'starter', '--as', 'old-shop']
  const result = await importText(
    text,
    ...columns.flatMap((column) => ['--column', column]),
    ...maps,
  )
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('2 imported') })
  expect(await find('old-shop:7')).toMatchObject({ plan: 'team', metadata: { note: 'first' } })
  expect(await find('old-shop:8')).toMatchObject({ plan: 'starter', metadata: {} })
})

test('import: missing plans are listed with the commands that map and create them, and the rest is imported', async () => {
  const keys = [11, 12, 13].map((number) => `ACME-2019-00000000${number}`)
  const text = `id,key,plan\n11,${keys[0]},Gold Édition\n12,${keys[1]},Gold Édition\n13,${keys[2]},TEAM\n`
  const { code, stdout, stderr } = await importText(text)
  expect(code).toBe(1)
  expect(stdout).toBe('1 imported, 0 already there, 2 refused; 0 activations created.\n')
  expect(stderr).toContain('refused: line 2 (11): Its plan Gold Édition is none of yours.')
  expect(stderr).toContain("2 × Gold Édition: --plan 'Gold Édition=SLUG'")
  expect(stderr).toContain('"slug":"gold-dition"')
  const mapped = await importText(text, '--plan', 'Gold Édition=team')
  expect(mapped.stdout).toBe('2 imported, 1 already there; 0 activations created.\n')
})

test('import: a dry run exits with 1 if it would refuse something, and writes nothing', async () => {
  const text = 'id,key,plan\n21,ACME-2019-0000000021,team\n22,SHORT,team\n'
  const { code, stdout, stderr } = await importText(text, '--dry-run')
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout:
      'An import would have this result: 1 imported, 0 already there, 1 refused; 0 activations created.\nNothing was written.\n',
  })
  expect(stderr).toBe(
    'refused: line 3 (22): The length of its key is 5. A key needs 16 characters, because a shorter one can be guessed.\n',
  )
  expect(await find('csv:21')).toBeUndefined()
})

test('import: a report lists what was refused or changed as CSV, and never overwrites a file', async () => {
  const report = sandbox.at('report.csv')
  const text =
    'id,key,plan\n31,ACME-2019-0000000031,team\n32,SHORT,team\n33,"ACME-2019-0000000031",team\n'
  await importText(text, '--report', report)
  expect(readFileSync(report, 'utf8').split('\r\n')).toEqual([
    'line,id,result,detail',
    '3,32,refused,"The length of its key is 5. A key needs 16 characters, because a shorter one can be guessed."',
    '4,33,refused,Its key is that of license csv:31.',
    '',
  ])
  expect(statSync(report).mode & 0o777).toBe(0o600)
  const again = await importText(text, '--report', report)
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') })
})

test('import: refusals of one kind are printed three times and then counted, so that they hide no other', async () => {
  const rows = Array.from(
    { length: 5000 },
    (_, number) => `r-${number},${'S'.repeat(1 + (number % 15))},team`,
  )
  const other = 'r-x,ACME-2019-0000000061,team,odd'
  const report = sandbox.at('kinds.csv')
  const text = `id,key,plan,status\n${rows.join('\n')}\n${other}\n`
  const { stderr } = await importText(text, '--report', report)
  const lines = stderr.split('\n').filter((line) => !line.endsWith('records so far'))
  expect(lines.map((line) => line.slice(0, 50))).toEqual([
    'refused: line 2 (r-0): The length of its key is 1.',
    'refused: line 3 (r-1): The length of its key is 2.',
    'refused: line 4 (r-2): The length of its key is 3.',
    'refused: line 5002: status is unknown: odd. Use ac',
    '… and 4997 more like refused: line 2 (r-0): The le',
    `All are in ${report}.`.slice(0, 50),
    '',
  ])
  expect(readFileSync(report, 'utf8').trim().split('\r\n')).toHaveLength(5002)
})

test.each([
  [
    'Order,Serial,Product\n1,ACME-2019-0000000071,team\n',
    [],
    "The file has no column id. Its columns are: Order, Serial, Product. Name the one that contains it with --column 'id=HEADER'.",
  ],
  [
    'Order,Serial,Product\n1,ACME-2019-0000000071,team\n',
    ['--column', 'id=Order'],
    "The file has no column key or key_hash. Its columns are: Order, Serial, Product. Name the one that contains it with --column 'key=HEADER'.",
  ],
  [
    'id,key,Email\n1,ACME-2019-0000000071,a@example.com\n',
    ['--column', 'email=Mail address'],
    "The file has no column Mail address. Its columns are: id, key, Email. Name the one that contains it with --column 'email=HEADER'.",
  ],
])(
  'import: a missing column is named, with those that are there: %#',
  async (text, args, sentence) => {
    const { code, stdout, stderr } = await importText(text, ...args, '--plan', 'team')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(sentence)
  },
)

test('import: hashes with a secret are matched on the running server when a key is first used', async () => {
  const secret = sandbox.at('secret.txt')
  await Bun.write(secret, 'not-a-real-secret\n')
  const key = 'ACME-2019-0000000041'
  const hash = createHmac('sha256', 'not-a-real-secret').update(key).digest('hex')
  const text = `id,key_hash,plan\n41,${hash},team\n`
  const refused = await importText(text)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--hash') })
  expect((await importText(text, '--hash', `hmac-sha256:${secret}`)).code).toBe(0)
  expect((await validate(key)).valid).toBe(true)
  expect((await find('csv:41')).key).toBe(key)
})

test('import: a file can be read from standard input', async () => {
  const text = 'id,key,plan\n51,ACME-2019-0000000051,team\n'
  const process = Bun.spawn([...commandOf(), 'import', 'csv', '-'], {
    cwd: sandbox.path,
    stdin: new Blob([text]),
    stderr: 'ignore',
  })
  expect(await new Response(process.stdout).text()).toStartWith('1 imported')
})

test.each([
  [['import', 'oddshop', 'x.csv'], 'Use one of csv,'],
  [['import', 'csv', 'x.csv', '--hash', 'bcrypt'], 'Use sha256'],
  [['import', 'csv', 'x.csv', '--hash', 'hmac-sha256'], 'Use sha256'],
  [['import', 'csv', 'x.csv', '--column', 'odd=Odd'], 'Use FIELD=HEADER'],
  [['import', 'csv', 'x.csv', '--as', 'Old Shop'], 'Use lowercase letters'],
])('import: wrong usage exits with 2 and says what is right: %p', async (args, words) => {
  expect(await runLicet(sandbox, args)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(words),
  })
})

test.each([
  [['import', 'csv', 'missing.csv'], 'There is no file missing.csv.'],
  [['import', 'csv', '.'], 'There is no file .'],
  [
    ['import', 'csv', 'empty.csv', '--hash', 'hmac-sha256:missing.txt'],
    'There is no file missing.txt.',
  ],
  [
    ['import', 'csv', 'empty.csv', '--report', 'missing/r.csv'],
    'No file can be created in missing.',
  ],
  [['import', 'gumroad', 'empty.csv'], 'The file has no column License Key or license_key.'],
  [['import', 'edd', 'empty.csv', '--column', 'key=Key'], 'Only the source csv reads --column'],
  [['import', 'csv', 'empty.csv', '--plan', 'odd'], 'There is no plan odd.'],
  [['import', 'csv', 'empty.csv', '--plan', 'Gold=odd'], 'There is no plan odd.'],
])('import: what cannot be found is said in a sentence: %p', async (args, words) => {
  await Bun.write(sandbox.at('empty.csv'), 'id,key,plan\n')
  const { code, stderr } = await runLicet(sandbox, args)
  expect({ code, isClear: stderr.includes(words) && !stderr.includes('    at ') }).toEqual({
    code: 1,
    isClear: true,
  })
})
