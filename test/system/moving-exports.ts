import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { blockOf, readPage } from '../support/pages.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

/** The APIs of other products send no more records per page, whatever is asked for. */
const PAGE_RECORDS = 4
const RECORDS = 10
const TOKEN = 'the-token-of-a-vendor'
/** The shells that people paste the commands into. */
const shells = ['dash', 'bash'] as const

type Json = Readonly<Record<string, unknown>>

const sandbox = new Sandbox()
const resources: Readonly<Record<string, readonly Json[]>> = {
  ...buildKeygen(),
  ...buildLemonSqueezy(),
}
const sales = countRecords().map((index) => ({
  id: `sale-${index}==`,
  ...{ license_key: `85DB562A-C11D4B06-0000000${index}`, product_name: 'Pencil' },
  ...{ email: `ada-${index}@example.com`, full_name: 'Ada "\\n" Lovelace' },
}))
const sold = countRecords().map((index) => ({
  ...{ id: index, productId: 20, licenseKey: `WOO-LICENSE-KEY-${index}`, status: 2 },
  ...{ expiresAt: null, validFor: null, timesActivatedMax: 5, activationData: [] },
}))
/** Paths whose next request gets 429 or 401, as often as the value says. */
const failures = new Map<string, { status: number; times: number }>()

const products = Bun.serve({
  port: 0,
  fetch: (request) => {
    const url = new URL(request.url)
    const failure = failures.get(url.pathname)
    if (failure !== undefined && failure.times > 0) {
      failure.times -= 1
      return Response.json({ error: 'failed' }, { status: failure.status })
    }
    const query = url.searchParams
    const authorization =
      request.headers.get('authorization') ?? `Bearer ${query.get('access_token')}`
    const basic = `Basic ${Buffer.from(`ck:${TOKEN}`).toString('base64')}`
    if (![`Bearer ${TOKEN}`, basic].includes(authorization))
      return new Response('no', { status: 401 })
    if (url.pathname === '/gumroad/sales') return Response.json(presentSales(query))
    if (url.pathname.endsWith('/lmfwc/v2/licenses'))
      return Response.json({ success: true, data: sold })
    const data = resources[url.pathname]
    return data === undefined
      ? new Response('not found', { status: 404 })
      : Response.json(presentPage(url, data))
  },
})

let server: ServerProcess

beforeAll(async () => {
  server = await startServer(sandbox)
  for (const slug of ['team', 'pro']) {
    const plan = { product: 'default', slug, name: slug }
    expect((await server.send('POST', '/api/v1/plans', plan)).status).toBe(201)
  }
})

afterAll(async () => {
  await products.stop(true)
  await server[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

function countRecords() {
  return Array.from({ length: RECORDS }, (_, index) => index)
}

function buildKeygen() {
  const link = (type: string, id: unknown) => ({ data: { type, id } })
  const users = countRecords().map((index) => ({
    ...{ type: 'users', id: `u-${index}` },
    attributes: { email: `ada-${index}@example.com`, fullName: 'Ada "\\n" \\ Lovelace' },
  }))
  const policies = countRecords().map((index) => ({
    type: 'policies',
    id: `p-${index}`,
    attributes: {},
  }))
  const licenses = countRecords().map((index) => ({
    ...{ type: 'licenses', id: `l-${index}` },
    attributes: { key: `C1B6DE-39A6E3-00000${index}`, expiry: null, metadata: { note: 'a\\tb\n' } },
    relationships: { policy: link('policies', `p-${index}`), owner: link('users', `u-${index}`) },
  }))
  const machines = countRecords().map((index) => ({
    ...{ type: 'machines', id: `m-${index}`, attributes: { fingerprint: `mac-${index}` } },
    relationships: { license: link('licenses', `l-${index}`) },
  }))
  const account = '/keygen/accounts/ACCOUNT'
  return {
    [`${account}/users`]: users,
    [`${account}/policies`]: policies,
    [`${account}/licenses`]: licenses,
    [`${account}/machines`]: machines,
  }
}

function buildLemonSqueezy() {
  const keys = countRecords().map((index) => ({
    ...{ type: 'license-keys', id: String(index + 1) },
    attributes: {
      ...{ key: `80e15db5-c796-436b-850c-00000000000${index}`, user_email: 'john@example.com' },
      ...{ user_name: 'John "\\n" Doe', product_id: 4, order_item_id: index + 100 },
    },
  }))
  const instances = countRecords().map((index) => ({
    ...{ type: 'license-key-instances', id: String(index) },
    attributes: { license_key_id: index + 1, identifier: `instance-${index}`, name: 'Test' },
  }))
  return { '/lemonsqueezy/license-keys': keys, '/lemonsqueezy/license-key-instances': instances }
}

/** A page of JSON:API. Keygen sends an empty page after the last, and Lemon Squeezy the next link. */
function presentPage(url: URL, records: readonly Json[]) {
  const page = Number(url.searchParams.get('page[number]') ?? '1')
  const data = records.slice((page - 1) * PAGE_RECORDS, page * PAGE_RECORDS)
  const next = new URL(url)
  next.searchParams.set('page[number]', String(page + 1))
  const items = data.map((_, index) => ({
    ...{ type: 'order-items', id: String((page - 1) * PAGE_RECORDS + index + 100) },
    attributes: {
      ...{ product_name: 'Lemonade', variant_id: index % 2 },
      variant_name: index % 2 ? 'Yearly' : 'Monthly',
    },
  }))
  const hasItems = url.searchParams.get('include') === 'order-item'
  return {
    data,
    ...(hasItems && { included: items }),
    links: page * PAGE_RECORDS < records.length ? { next: next.href } : {},
  }
}

function presentSales(query: URLSearchParams) {
  const start = Number(query.get('page_key') || '0')
  const end = start + PAGE_RECORDS
  return {
    success: true,
    sales: sales.slice(start, end),
    ...(end < sales.length && { next_page_key: String(end) }),
  }
}

/** Runs a block of a page, in which these texts are replaced, in a directory of its own. */
async function runBlock(
  shell: string,
  page: string,
  info: string,
  values: Json,
  directory: string,
) {
  let block = blockOf(readPage(page), info)
  for (const [name, value] of Object.entries(values)) {
    expect(block).toContain(name)
    block = block.replaceAll(name, String(value))
  }
  const cwd = sandbox.at(directory)
  await Bun.$`mkdir -p ${cwd}`
  const env = { ...process.env, CONSUMER_KEY: 'ck', CONSUMER_SECRET: TOKEN }
  const child = Bun.spawn([shell], { cwd, env, stdin: new Blob([block]), stderr: 'pipe' })
  const stderr = await new Response(child.stderr).text()
  return { code: await child.exited, stderr, at: (name: string) => `${cwd}/${name}` }
}

const base = `http://127.0.0.1:${products.port}`
const keygen = {
  'https://api.keygen.sh/v1/accounts/ACCOUNT': `${base}/keygen/accounts/ACCOUNT`,
  'admin-…': TOKEN,
}
const lemonsqueezy = { 'https://api.lemonsqueezy.com/v1': `${base}/lemonsqueezy`, 'eyJ…': TOKEN }
const gumroad = { 'https://api.gumroad.com/v2': `${base}/gumroad`, 'TOKEN=…': `TOKEN=${TOKEN}` }
const woocommerce = { 'https://shop.example.com': base }

const runImport = (source: string, file: string, ...args: string[]) =>
  runLicet(sandbox, ['import', source, file, ...args])

const list = async (filter: string) =>
  (await server.send('GET', `/api/v1/licenses?limit=100&${filter}`)).body.data

test.each(shells)(
  'docs/moving/keygen.md: the export has all pages in %s, and all of it is imported',
  async (shell) => {
    const { code, stderr, at } = await runBlock(
      shell,
      'docs/moving/keygen.md',
      'sh keygen',
      keygen,
      `keygen-${shell}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const result = await runImport(
      'keygen',
      at('keygen.json'),
      '--plan',
      'team',
      '--as',
      `keygen-${shell}`,
      '--dry-run',
    )
    expect(result).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(
        `${RECORDS} imported, 0 already there, ${RECORDS} changed; ${RECORDS} activations`,
      ),
    })
  },
)

test('docs/moving/keygen.md: a request that fails is repeated if it may succeed, and otherwise nothing is exported', async () => {
  const path = '/keygen/accounts/ACCOUNT/licenses'
  failures.set(path, { status: 429, times: 1 })
  const retried = await runBlock('dash', 'docs/moving/keygen.md', 'sh keygen', keygen, 'retried')
  expect(await Bun.file(retried.at('keygen.json')).exists()).toBe(true)
  failures.set(path, { status: 401, times: 1 })
  const failed = await runBlock('dash', 'docs/moving/keygen.md', 'sh keygen', keygen, 'failed')
  expect(failed.stderr).toContain('401')
  expect(failed.code).not.toBe(0)
  expect(await Bun.file(failed.at('keygen.json')).exists()).toBe(false)
  expect(readFileSync(failed.at('page.json'), 'utf8')).toContain('failed')
})

test('docs/moving/lemonsqueezy.md: the export has all pages in every shell, and each variant gets its plan', async () => {
  for (const shell of shells) {
    const run = await runBlock(
      shell,
      'docs/moving/lemonsqueezy.md',
      'sh lemonsqueezy',
      lemonsqueezy,
      `lemonsqueezy-${shell}`,
    )
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const plans = ['--plan', 'Lemonade (Yearly)=pro', '--plan', 'Lemonade=team', '--as', shell]
    const keys = await runImport(
      'lemonsqueezy',
      run.at('keys.json'),
      ...plans,
      ...(shell === 'bash' ? ['--dry-run'] : []),
    )
    expect(keys.stdout).toContain(shell === 'dash' ? `${RECORDS} imported` : `${RECORDS} refused`)
    if (shell === 'bash') continue
    const instances = await runImport('lemonsqueezy', run.at('instances.json'), '--as', shell)
    expect(instances.stdout).toContain(`${RECORDS} activations created`)
  }
  for (const [id, plan] of [
    ['1', 'team'],
    ['2', 'pro'],
    ['9', 'team'],
    ['10', 'pro'],
  ]) {
    const [license] = await list(`external_ref=dash:${id}`)
    expect(license).toMatchObject({ plan, customer_name: 'John "\\n" Doe', devices: 1 })
  }
})

test.each(shells)(
  'docs/moving/gumroad.md: the export has all pages in %s, and all of it is imported',
  async (shell) => {
    const { code, stderr, at } = await runBlock(
      shell,
      'docs/moving/gumroad.md',
      'sh gumroad',
      gumroad,
      `gumroad-${shell}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const result = await runImport(
      'gumroad',
      at('sales.json'),
      '--plan',
      'Pencil=team',
      '--dry-run',
    )
    expect(result.stdout).toContain(`${RECORDS} imported`)
  },
)

test.each(shells)(
  'docs/moving/woocommerce.md: the response of the API is imported in %s',
  async (shell) => {
    const { code, stderr, at } = await runBlock(
      shell,
      'docs/moving/woocommerce.md',
      'sh woocommerce',
      woocommerce,
      `woo-${shell}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const result = await runImport('lmfwc', at('licenses.json'), '--plan', '20=team', '--dry-run')
    expect(result.stdout).toContain(`${RECORDS} imported`)
  },
)

test.each(shells)(
  'docs/moving.md: the way back lists what was sold since the move, and no imported license, in %s',
  async (shell) => {
    const file = sandbox.at(`back-${shell}.csv`)
    const source = `keygen-${shell}`
    writeFileSync(
      file,
      `id,key,plan\n1,KEYGEN-OLD-KEY-${shell}-1,team\n2,KEYGEN-OLD-KEY-${shell}-2,team\n`,
    )
    expect((await runImport('csv', file, '--as', source)).stdout).toContain('2 imported')
    const fields = { plan: 'team', customer_email: 'new@example.com' }
    const added = [
      await server.send('POST', '/api/v1/licenses', { ...fields, external_ref: `order-${shell}` }),
      await server.send('POST', '/api/v1/licenses', fields),
    ].map(({ body }) => body.key)
    const values = { $URL: server.url, $TOKEN: ADMIN_TOKEN, 'keygen:': `${source}:` }
    const { code, stderr, at } = await runBlock(
      shell,
      'docs/moving.md',
      'sh back',
      values,
      `back-${shell}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const keys = readFileSync(at('new.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).key)
    expect(keys).toEqual(expect.arrayContaining(added))
    expect(keys.filter((key: string) => key.startsWith(`KEYGEN-OLD-KEY-${shell}`))).toEqual([])
  },
)
