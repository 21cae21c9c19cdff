import { afterAll, expect, test } from 'bun:test'
import { schedule } from '~/jobs/schedule.ts'
import { respond, startReceiver } from '../support/receiver.ts'
import { runLicet, startServer, Workplace } from './processes.ts'

const env = {
  LICET_ADMIN_TOKEN: 'the-token-of-the-admin-here',
  LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
}

const workplace = new Workplace()
afterAll(() => workplace[Symbol.dispose]())

async function post(url: string, path: string, body: object): Promise<void> {
  const headers = {
    authorization: `Bearer ${env.LICET_ADMIN_TOKEN}`,
    'content-type': 'application/json',
  }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await fetch(`${url}/api/v1/${path}`, init)
  expect(response.status).toBe(201)
}

test('every job is listed with its time, and runs by hand beside a server', async () => {
  await using server = await startServer(workplace, env)
  const { stdout, code } = await runLicet(workplace, ['jobs', 'list'])
  expect(code).toBe(0)
  const [, ...lines] = stdout.trim().split('\n')
  expect(lines).toHaveLength(schedule.length)
  for (const [index, { name, pattern }] of schedule.entries()) {
    expect(lines[index]).toStartWith(name)
    expect(lines[index]).toContain(`  ${pattern}  `)
    const round = await runLicet(workplace, ['jobs', 'run', name], env)
    expect(round).toMatchObject({ code: 0, stderr: '' })
    expect(round.stdout).toMatch(new RegExp(`^${name}: \\d+ processed\n$`))
  }
  expect(await server.stop()).toBe(0)
})

test('a job run by hand and the server tell of the same event once', async () => {
  await using receiver = await startReceiver(respond(200))
  await using server = await startServer(workplace, env)
  await post(server.url, 'webhooks', { url: receiver.url, events: ['license.*'] })
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 100 }
  const deliver = () => runLicet(workplace, ['jobs', 'run', 'deliver-webhooks'], env)
  const [byHand] = await Promise.all([deliver(), post(server.url, 'licenses', order)])
  expect(byHand).toMatchObject({ code: 0, stderr: '' })
  await deliver()
  expect(await server.stop()).toBe(0)
  const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect([ids.length, new Set(ids).size]).toEqual([100, 100])
})

test('a job that there is not is answered with those that there are', async () => {
  const { code, stderr } = await runLicet(workplace, ['jobs', 'run', 'expire'])
  expect(stderr).toContain('deliver-webhooks, expire-licenses')
  expect(code).toBe(2)
})
