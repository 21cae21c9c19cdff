import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { idsOf, respond, startReceiver } from '../../support/receiver.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const backup = sandbox.at('backup.sqlite')
/** The licenses before the backup, of which the second one was revoked after it, and the one created later. */
let early: readonly string[] = []
let late = ''
/** The bodies of the webhook requests that a receiver has confirmed. */
let bodies: readonly string[] = []
let events: readonly { id: string; type: string; license_id: string; sequence: number }[] = []

async function create(server: ServerProcess): Promise<{ id: string; key: string }> {
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  return (await server.send('POST', '/api/v1/licenses', order)).body
}

beforeAll(async () => {
  await using receiver = await startReceiver(respond(200))
  await using server = await startServer(sandbox, {
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
    LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  })
  await server.send('POST', '/api/v1/webhooks', { url: receiver.url })
  const [first, second] = [await create(server), await create(server)]
  expect(await runLicet(sandbox, ['backup', backup])).toMatchObject({ code: 0 })
  await server.send('POST', `/api/v1/licenses/${second.id}/revoke`, {})
  await server.send('POST', '/api/v1/validate', { key: first.key, domain: 'example.com' })
  early = [first.id, second.id]
  late = (await create(server)).id
  const key = ['keys', 'create', '--name', 'later', '--scope', 'licenses:read']
  expect(await runLicet(sandbox, key)).toMatchObject({ code: 0 })
  events = (await server.send('GET', '/api/v1/events?limit=100')).body.data
  const deadlineMs = performance.now() + 120_000
  while (new Set(idsOf(receiver.requests)).size < events.length) {
    if (performance.now() > deadlineMs) throw new Error('Not all events were delivered in time.')
    await Bun.sleep(20)
  }
  bodies = receiver.requests.map(({ body }) => body)
  expect(await server.stop()).toBe(0)
  cpSync(sandbox.at('data'), sandbox.at('before'), { recursive: true })
})

const restoreIn = (directory: string, ...options: readonly string[]) => {
  rmSync(sandbox.at(directory), { recursive: true, force: true })
  cpSync(sandbox.at('before'), sandbox.at(directory), { recursive: true })
  return runLicet(sandbox, ['restore', backup, ...options], {
    LICET_DATA_DIR: sandbox.at(directory),
  })
}

test('restore report: it lists what the previous database has and the restored one lacks', async () => {
  const { code, stdout } = await restoreIn('compared')
  expect(code).toBe(0)
  const lost = events.filter(({ type }) => type !== 'license.created' || late === '')
  expect(stdout).toContain(`  events: ${lost.length + 1}\n`)
  for (const { id, type } of lost) expect(stdout).toContain(`    ${id} ${type}\n`)
  expect(stdout).toContain(`  licenses: 1\n    ${late}\n`)
  expect(stdout).toContain(`  revocations, so these licenses work again: 1\n    ${early[1]}\n`)
  expect(stdout).toContain('  activations: 1\n    act_')
  expect(stdout).toMatch(/ {2}other actions of the audit: 1\n {4}api_key\.create key_/)
  expect(stdout).not.toContain('suspensions')
})

test('restore report: a restore of the same state lost nothing', async () => {
  await restoreIn('same')
  const { stdout } = await runLicet(sandbox, ['restore', backup], {
    LICET_DATA_DIR: sandbox.at('same'),
  })
  expect(stdout).toContain('Nothing of the previous database is missing.')
})

test('restore report: without the previous database, it says which confirmed events are missing', async () => {
  const created = events.filter(({ type }) => type === 'license.created').map(({ id }) => id)
  const revoked = events.find(({ type }) => type === 'license.revoked')
  const body = {
    id: revoked?.id,
    type: 'license.revoked',
    data: { license: { id: early[1] }, sequence: 2 },
  }
  const lines = [...created, JSON.stringify(body), `${early[0]} 3`, 'no event', '']
  writeFileSync(sandbox.at('confirmed.txt'), lines.join('\n'))
  await using receiver = Bun.serve({ port: 0, fetch: () => Response.json({ data: events }) })
  rmSync(sandbox.at('gone'), { recursive: true, force: true })
  cpSync(sandbox.at('before', 'master.secret'), sandbox.at('gone', 'master.secret'))
  const run = (...confirmed: readonly string[]) => {
    rmSync(sandbox.at('gone', 'licet.sqlite'), { force: true })
    const options = confirmed.flatMap((each) => ['--confirmed', each])
    const env = { LICET_DATA_DIR: sandbox.at('gone') }
    return runLicet(sandbox, ['restore', backup, ...options], env)
  }
  const file = await run(sandbox.at('confirmed.txt'))
  expect(file).toMatchObject({ code: 0, stderr: '' })
  // The license that is gone, the revocation, and two events of the first license.
  expect(file.stdout).toContain('  events: 4\n')
  expect(file.stdout).toContain(`    ${revoked?.id} license.revoked ${early[1]}\n`)
  expect(file.stdout).toContain(`    ${early[0]}: its events 2–3\n`)
  const both = await run(sandbox.at('confirmed.txt'), receiver.url.href)
  expect(both.stdout).toContain(`    ${revoked?.id} license.revoked`)
})

test('restore report: the requests that a receiver has confirmed say exactly what was lost', async () => {
  const lines = bodies.map((body) => JSON.stringify(JSON.parse(body)))
  writeFileSync(sandbox.at('received.txt'), lines.join('\n'))
  const { code, stdout } = await restoreIn('received', '--confirmed', sandbox.at('received.txt'))
  expect(code).toBe(0)
  const [, report = ''] = stdout.split('Of the events that your receivers have confirmed')
  const isLost = ({ type, license_id }: (typeof events)[number]) =>
    type !== 'license.created' || license_id === late
  for (const event of events) {
    expect(report.includes(`    ${event.id} ${event.type} ${event.license_id}`)).toBe(isLost(event))
  }
  expect(report).toContain(`  events: ${events.filter(isLost).length}\n`)
})

test('restore report: nonsense is refused before anything is restored', async () => {
  writeFileSync(sandbox.at('empty.txt'), 'no event\n')
  for (const [source, reason] of [
    [sandbox.at('empty.txt'), 'has no events'],
    [sandbox.at('missing.txt'), 'There is no file'],
    ['http://example.com/events', 'must be an https URL'],
    ['https://', 'must be an https URL'],
    ['http://127.0.0.1:1/events', 'cannot be read'],
  ] as const) {
    const { code, stdout, stderr } = await restoreIn('refused', '--confirmed', source)
    expect(stderr).toContain(reason)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  }
  expect(readdirSync(sandbox.at('refused'))).not.toContain('backups')
})

test('restore report: a previous database that cannot be read is no obstacle', async () => {
  rmSync(sandbox.at('damaged'), { recursive: true, force: true })
  cpSync(sandbox.at('before'), sandbox.at('damaged'), { recursive: true })
  writeFileSync(sandbox.at('damaged', 'licet.sqlite'), 'a damaged database')
  const { code, stdout } = await runLicet(sandbox, ['restore', backup], {
    LICET_DATA_DIR: sandbox.at('damaged'),
  })
  expect(code).toBe(0)
  expect(stdout).toContain('The previous database cannot be read')
})
