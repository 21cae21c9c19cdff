import { join } from 'node:path'
import { DAY_MS, toTimestamp } from '~/domain/times.ts'
import type { Workspace } from '../seed.ts'
import { type LicetProcess, runLicet } from '../servers.ts'
import { licenseLists } from './lists.ts'

export interface Amounts {
  readonly owned: number
  readonly endpoints: number
  readonly due: number
  readonly rows: number
}

export interface Call {
  readonly prepare?: () => Promise<unknown> | unknown
  readonly run: () => Promise<unknown>
}

const PLAN = 'professional'
const BATCH_MAX = 1000
const OWNER = 'owner@many.example'
const LICENSES = '/api/v1/licenses'
const BULK = `${LICENSES}/bulk`
const WEBHOOKS = '/api/v1/webhooks'
const BULK_BYTES_MAX = 8_388_608
const REJECTED_BYTES = 6_500_000
const POLL_MS = 100

export function buildCalls(
  licet: LicetProcess,
  workspace: Workspace,
  amounts: Amounts,
): readonly (readonly [name: string, call: Call])[] {
  return [
    ...buildListCalls(licet),
    ...buildUsageCalls(licet),
    ...buildLicenseCalls(licet, amounts),
    ...buildWebhookCalls(licet),
    ...buildBodyCalls(licet),
    ...buildCustomerCalls(licet, amounts),
    ...buildBackgroundCalls(workspace, amounts),
  ]
}

async function read(licet: LicetProcess, path: string): Promise<void> {
  const response = await licet.request('GET', path)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`GET ${path} returned ${response.status}.`)
}

function buildListCalls(licet: LicetProcess): [string, Call][] {
  return [
    ...licenseLists.map((path): [string, Call] => [path, { run: () => read(licet, path) }]),
    [
      'bulk change of a filter with too many matches',
      {
        run: () => sendRejected(licet, BULK, { action: 'suspend', filter: { plan: 'bench' } }, 422),
      },
    ],
    [
      'search for a word of many names',
      { run: () => licet.request('POST', '/api/v1/search', JSON.stringify({ text: 'customer' })) },
    ],
  ]
}

function buildUsageCalls(licet: LicetProcess): [string, Call][] {
  const from = `from=${toTimestamp(Date.now() - 80 * DAY_MS)}`
  const paths = [
    `summary?${from}`,
    `series?${from}`,
    `series?interval=hour&${from}`,
    `export?${from}`,
  ]
  return paths.map((path) => [
    `usage ${path.split('?')[0]}${path.includes('hour') ? ', hourly' : ''}`,
    { run: () => read(licet, `/api/v1/usage/${path}`) },
  ])
}

function buildLicenseCalls(licet: LicetProcess, { endpoints }: Amounts): [string, Call][] {
  const order = { plan: PLAN, customer_email: 'bulk@customer.com', quantity: BATCH_MAX }
  const dated = { ...order, expires_at: '2099-01-01T00:00:00Z' }
  let ids: string[] = []
  const create = async () => {
    const { data } = (await licet.post(LICENSES, dated)) as { data: { id: string }[] }
    ids = data.map(({ id }) => id)
  }
  const change = (body: object) => () => licet.post(BULK, { ...body, ids })
  const receiver = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response(null, { status: 204 }),
  })
  receiver.unref()
  const createEndpoints = async () => {
    for (let count = 0; count < endpoints; count += 1) {
      await licet.post(WEBHOOKS, { url: `${receiver.url.href}${count}` })
    }
  }
  return [
    ['create 1000 licenses without endpoints', { run: create }],
    [`create 1000 licenses, ${endpoints} endpoints`, { prepare: createEndpoints, run: create }],
    ['bulk suspend 1000', { run: change({ action: 'suspend' }) }],
    ['bulk reinstate 1000', { run: change({ action: 'reinstate' }) }],
    ['bulk renew 1000', { run: change({ action: 'renew', days: 30 }) }],
    ['bulk update 1000', { run: change({ action: 'update', customer_name: 'Ann' }) }],
    [
      'create a license with 1000 domains',
      {
        run: () =>
          licet.post(LICENSES, {
            plan: 'enterprise',
            customer_email: 'domains@customer.com',
            domains: Array.from({ length: 1000 }, (_, index) => `site${index}.com`),
          }),
      },
    ],
    [
      '200 requests that create one license each',
      {
        run: () =>
          Promise.all(
            Array.from({ length: 200 }, () => licet.post(LICENSES, { ...dated, quantity: 1 })),
          ),
      },
    ],
  ]
}

function buildWebhookCalls(licet: LicetProcess): [string, Call][] {
  let id = ''
  const listEndpoints = async () => {
    const response = await licet.request('GET', `${WEBHOOKS}?limit=1`)
    const { data } = (await response.json()) as { data: { id: string }[] }
    id = data[0]?.id ?? ''
  }
  const since = '2020-01-01T00:00:00Z'
  return [
    [
      'recover all events of an endpoint',
      { prepare: listEndpoints, run: () => licet.post(`${WEBHOOKS}/${id}/recover`, { since }) },
    ],
    ['list deliveries', { run: () => read(licet, `${WEBHOOKS}/${id}/deliveries?limit=100`) }],
    ['list events', { run: () => read(licet, '/api/v1/events?limit=100') }],
  ]
}

async function sendRejected(licet: LicetProcess, path: string, body: unknown, status: number) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await licet.request('POST', path, text)
  if (response.status !== status) throw new Error(`POST ${path} returned ${response.status}.`)
  await response.arrayBuffer()
}

function buildBodyCalls(licet: LicetProcess): [string, Call][] {
  const tooMany = Array.from({ length: REJECTED_BYTES / 30 }, (_, index) =>
    `lic_${index}`.padEnd(27, '0'),
  )
  const escaped = JSON.stringify('\\'.repeat(30_000))
  const escapes = `{"ids":[${Array(REJECTED_BYTES / 65_000).fill(escaped)}]}`
  const small = JSON.stringify({ action: 'reinstate', filter: { customer_email: 'none@x.com' } })
  return [
    [
      'rejected bulk body of 6.5 MB',
      { run: () => sendRejected(licet, BULK, { action: 'suspend', ids: tooMany }, 422) },
    ],
    [
      'rejected bulk body of 6.5 MB, nested deeply',
      { run: () => sendRejected(licet, BULK, '{"ids":['.padEnd(REJECTED_BYTES, '['), 422) },
    ],
    [
      'rejected bulk body of 6.5 MB, long strings of escapes',
      { run: () => sendRejected(licet, BULK, escapes, 422) },
    ],
    [
      'accepted bulk body of 8 MiB',
      { run: () => licet.request('POST', BULK, small.padEnd(BULK_BYTES_MAX)) },
    ],
  ]
}

function buildCustomerCalls(licet: LicetProcess, { owned }: Amounts): [string, Call][] {
  const order = { plan: PLAN, customer_email: OWNER, customer_name: 'Owner', quantity: BATCH_MAX }
  const buy = async () => {
    for (let left = owned; left > 0; left -= BATCH_MAX) await licet.post(LICENSES, order)
  }
  const customer = JSON.stringify({ customer_email: OWNER })
  const send = async (path: string) => {
    const response = await licet.request('POST', `/api/v1/customers/${path}`, customer)
    if (!response.ok) throw new Error(`${path} returned ${response.status}.`)
    await response.arrayBuffer()
  }
  return [
    [`export a customer with ${owned} licenses`, { prepare: buy, run: () => send('export') }],
    [`erase a customer with ${owned} licenses`, { run: () => send('erase') }],
  ]
}

function buildBackgroundCalls(
  { directory, licetDirectory, openDatabase }: Workspace,
  { due, rows }: Amounts,
): [string, Call][] {
  const waitUntilNone = async (table: string, condition: string) => {
    using db = openDatabase()
    const left = db.query(`SELECT 1 FROM ${table} WHERE ${condition} LIMIT 1`)
    while (left.get() !== null) await Bun.sleep(POLL_MS)
  }
  const isDue = `ends_at_ms < ${Date.now()} AND expired_notified_at_ms IS NULL
    AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`
  const expire = () => {
    using db = openDatabase()
    db.run(`UPDATE licenses SET ends_at_ms = 1, expires_at_ms = 1 WHERE rowid <= ${due}`)
  }
  const insertExpired = () => {
    using db = openDatabase()
    db.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO stored_responses SELECT 'bench' || i, '', '', 1 FROM n`)
  }
  return [
    ['backup', { run: () => runLicet(licetDirectory, 'backup', join(directory, 'backup')) }],
    [`expire ${due} licenses`, { prepare: expire, run: () => waitUntilNone('licenses', isDue) }],
    [
      `clean up ${rows} rows`,
      { prepare: insertExpired, run: () => waitUntilNone('stored_responses', 'expires_at_ms = 1') },
    ],
    [
      'maintain-database',
      { run: () => runLicet(licetDirectory, 'jobs', 'run', 'maintain-database') },
    ],
  ]
}
