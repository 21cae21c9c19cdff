import { afterAll, expect, test } from 'bun:test'
import { schedule } from '~/jobs/schedule.ts'
import { respond, startReceiver } from '../support/receiver.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

const env = {
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
}

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

async function post(server: ServerProcess, path: string, body: object): Promise<void> {
  const { status } = await server.send('POST', `/api/v1/${path}`, body)
  expect(status).toBe(201)
}

test('jobs: each job is listed with its schedule and can be run while a server is running', async () => {
  await using server = await startServer(sandbox, env)
  const { stdout, code } = await runLicet(sandbox, ['jobs', 'list'])
  expect(code).toBe(0)
  const [, ...lines] = stdout.trim().split('\n')
  expect(lines).toHaveLength(schedule.length)
  for (const [index, { name, pattern }] of schedule.entries()) {
    expect(lines[index]).toStartWith(name)
    expect(lines[index]).toContain(`  ${pattern}  `)
    const round = await runLicet(sandbox, ['jobs', 'run', name], env)
    expect(round).toMatchObject({ code: 0, stderr: '' })
    expect(round.stdout).toMatch(new RegExp(`^${name}: \\d+ processed\n$`))
  }
  expect(await server.stop()).toBe(0)
})

test('jobs: a job run by hand and the server deliver each event once between them', async () => {
  await using receiver = await startReceiver(respond(200))
  await using server = await startServer(sandbox, env)
  await post(server, 'webhooks', { url: receiver.url, events: ['license.*'] })
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 100 }
  const deliver = () => runLicet(sandbox, ['jobs', 'run', 'deliver-webhooks'], env)
  const [manual] = await Promise.all([deliver(), post(server, 'licenses', order)])
  expect(manual).toMatchObject({ code: 0, stderr: '' })
  await deliver()
  expect(await server.stop()).toBe(0)
  const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect([ids.length, new Set(ids).size]).toEqual([100, 100])
})

test('jobs: an unknown job name is rejected with the list of names', async () => {
  const { code, stderr } = await runLicet(sandbox, ['jobs', 'run', 'expire'])
  expect(stderr).toContain('deliver-webhooks, send-mails, expire-licenses')
  expect(code).toBe(2)
})
