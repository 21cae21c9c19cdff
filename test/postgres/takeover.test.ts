import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { SQL } from 'bun'
import { assert } from '~/assert.ts'
import { MAIL_FROM, smtpUrlOf, startMailServer } from '../support/mail-server.ts'
import { startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { hang, idsOf, respond, startReceiver } from '../support/receiver.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

const LICENSES = 20
const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('takeover: what a killed server had claimed is done by another one when its heartbeat has ended, and nothing is lost', async () => {
  let isHanging = true
  const held = Promise.withResolvers<void>()
  await using receiver = await startReceiver((socket, request) =>
    isHanging ? hang(socket, request) : respond(200)(socket, request),
  )
  await using mailServer = await startMailServer({
    onMessage: () => (isHanging ? held.promise : undefined),
  })
  await using scratch = await createScratchSchema()
  const mail = { LICET_SMTP_URL: smtpUrlOf(mailServer), LICET_MAIL_FROM: MAIL_FROM }
  await using first = await startNodes(scratch, 1, mail)
  const [killed] = first.nodes
  assert(killed !== undefined, 'a server is started')
  await killed.send('POST', '/api/v1/webhooks', { url: receiver.url })
  for (let count = 0; count < LICENSES; count += 1) {
    const { body } = await killed.send('POST', '/api/v1/licenses', order)
    await killed.send('POST', `/api/v1/licenses/${body.id}/mail`)
  }
  const admin = new SQL({ url: `${scratch.url}?search_path=${scratch.schema}`, max: 1 })
  const count = async (from: string): Promise<number> =>
    Number((await admin.unsafe(`SELECT count(*) AS count FROM ${from}`))[0].count)
  while ((await count('deliveries WHERE claimed_by IS NOT NULL')) < 8) await Bun.sleep(10)
  while ((await count('mails WHERE claimed_by IS NOT NULL')) === 0) await Bun.sleep(10)
  const deliveries = await count('deliveries')
  await killed.kill()

  await using second = await startNodes(scratch, 1, mail)
  const [node] = second.nodes
  assert(node !== undefined, 'another server is started')
  isHanging = false
  expect(await count('deliveries WHERE claimed_by IS NOT NULL')).toBeGreaterThanOrEqual(8)
  // As if half a minute had passed.
  await admin.unsafe('UPDATE nodes SET heartbeat_at_ms = heartbeat_at_ms - 31000 WHERE id <> $1', [
    await newestNode(admin),
  ])
  while ((await count("deliveries WHERE status <> 'delivered'")) > 0) await Bun.sleep(20)
  while ((await count("mails WHERE state <> 'sent'")) > 0) await Bun.sleep(20)
  expect(new Set(idsOf(receiver.requests)).size).toBe(deliveries)
  const messageIds = mailServer.mails.map((received) => received.mail.messageId)
  expect(new Set(messageIds).size).toBe(LICENSES)
  held.resolve()
  await admin.close({ timeout: 1 })
})

async function newestNode(admin: SQL): Promise<string> {
  const [node] = await admin.unsafe<{ id: string }[]>(
    'SELECT id FROM nodes ORDER BY heartbeat_at_ms DESC LIMIT 1',
  )
  return node?.id ?? ''
}
