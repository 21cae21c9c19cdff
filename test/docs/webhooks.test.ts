import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { retryGapsMs } from '~/domain/deliveries.ts'
import { eventTypes } from '~/domain/events.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import { findClosedPort, respond, startReceiver } from '../support/receiver.ts'

const RECEIVER_LINES_MAX = 15

const root = join(import.meta.dir, '../..')
const page = readFileSync(join(root, 'docs/webhooks.md'), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'licet-docs-'))
afterAll(() => rmSync(directory, { recursive: true }))

function blockOf(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (block === undefined) throw new Error(`docs/webhooks.md has no ${language} block`)
  return block
}

/** Starts the receiver from the page, unchanged. Resolves once it responds. */
async function startPageReceiver(port: number, secret: string) {
  const file = join(directory, 'receiver.mjs')
  writeFileSync(file, blockOf('js'))
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  const child = Bun.spawn([process.execPath, file], {
    env: { PORT: String(port), WEBHOOK_SECRET: secret },
    stdout: 'pipe',
  })
  const url = `http://127.0.0.1:${port}/`
  const ask = () => fetch(url, { method: 'POST', body: '{}' }).catch(() => null)
  let response = await ask()
  while (response === null) response = await ask()
  return { child, url, forgeryStatus: response.status }
}

test('webhook docs: the receiver accepts real deliveries, processes each event once, rejects forgeries', async () => {
  const lines = blockOf('js')
    .split('\n')
    .filter((line) => line !== '')
  expect(lines.length).toBeLessThanOrEqual(RECEIVER_LINES_MAX)
  await using app = await openTestApp()
  app.clock.advanceMs(Date.now() - app.clock.nowMs())
  const port = await findClosedPort()
  const { id, secret } = await createWebhook(app, { url: `http://127.0.0.1:${port}/` })
  const { child, forgeryStatus } = await startPageReceiver(port, secret)
  expect(forgeryStatus).toBe(400)

  const license = await app.createLicense()
  await deliver(app)
  const [delivery] = await deliveriesOf(app, id)
  expect(delivery.attempts).toMatchObject([{ status: 204 }])
  await app.send('POST', `/api/v1/deliveries/${delivery.id}/retry`)
  await deliver(app)
  await app.send('POST', `/api/v1/webhooks/${id}/test`)
  await deliver(app)
  child.kill()
  expect(await child.stdout.text()).toBe(`license.created ${license.id}\nwebhook.test undefined\n`)
})

test('webhook docs: the example has the same fields as a real delivery', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  await createWebhook(app, receiver, { events: ['license.suspended'] })
  const { id } = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  await deliver(app)
  const [request] = receiver.requests
  const [head = '', body = ''] = blockOf('http').split('\n\n')
  const shown = JSON.parse(body)
  const arrived = JSON.parse(request?.body ?? '')
  expect(Object.keys(shown)).toEqual(Object.keys(arrived))
  expect(Object.keys(shown.data)).toEqual(Object.keys(arrived.data))
  expect(shown.data.previous).toEqual(arrived.data.previous)
  expect(arrived.data.license).toContainAnyKeys(Object.keys(shown.data.license))
  const names = head
    .split('\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')))
  expect(Object.keys(request?.headers ?? {})).toEqual(expect.arrayContaining(names))
})

test('webhook docs: every event type is listed, and the retry schedule is correct', () => {
  const table = page.slice(page.indexOf('| type |'), page.indexOf('## A receiver'))
  const named = [...table.matchAll(/`([a-z]+\.[a-z_]+)`/g)].map(([, type]) => type ?? '')
  expect(named.sort()).toEqual([...eventTypes].sort())
  const unitsMs = { s: 1000, min: 60_000, h: 3_600_000 }
  const sentence = /the next\s+attempts\s+follow\s+in\s+([^.]+?), each/.exec(page)?.[1] ?? ''
  const gapsMs = [...sentence.matchAll(/(\d+) (s|min|h)\b/g)].map(
    ([, count, unit]) => Number(count) * unitsMs[unit as keyof typeof unitsMs],
  )
  expect(gapsMs).toEqual([...retryGapsMs])
})
