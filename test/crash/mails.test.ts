import { expect, test } from 'bun:test'
import { MAIL_FROM, smtpUrlOf, startMailServer } from '../support/mail-server.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const KILLS = 5
const CLIENTS = 4
const ORDERS_MAX = 5
/** The numbers of messages that arrive between two kills. */
const ARRIVALS = [1, 7, 3, 9, 5]

/** Orders some mails, or until the server dies. Reports the Message-ID of each that was acknowledged. */
async function orderUntilDeath(server: ServerProcess, acknowledge: (messageId: string) => void) {
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  for (let count = 0; count < ORDERS_MAX; count += 1) {
    const created = await server.send('POST', '/api/v1/licenses', order).catch(() => null)
    if (created === null) return
    const path = `/api/v1/licenses/${created.body.id}/mail`
    const ordered = await server.send('POST', path).catch(() => null)
    if (ordered === null) return
    acknowledge(ordered.body.message_id)
  }
}

test('kill -9: every acknowledged mail is sent at least once, under one Message-ID', async () => {
  const bodies = new Map<string, string>()
  let arrivals = 0
  let onArrival = (): void => undefined
  await using mailServer = await startMailServer({
    onMessage({ mail }) {
      const id = mail.messageId ?? ''
      expect(mail.text).toBe(bodies.get(id) ?? mail.text)
      bodies.set(id, mail.text ?? '')
      arrivals += 1
      onArrival()
    },
  })
  using sandbox = new Sandbox()
  const env = {
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
    LICET_SMTP_URL: smtpUrlOf(mailServer),
    LICET_MAIL_FROM: MAIL_FROM,
  }
  const acknowledged = new Set<string>()
  for (let kills = 0; kills < KILLS; kills += 1) {
    await using server = await startServer(sandbox, env)
    let left = ARRIVALS[kills] ?? 1
    const isDead = new Promise<void>((resolve) => {
      // Before the mail server responds, so that the mail is sent again.
      onArrival = () => {
        left -= 1
        if (left === 0) void server.kill().then(resolve)
      }
    })
    const clients = Array.from({ length: CLIENTS }, () =>
      orderUntilDeath(server, (messageId) => void acknowledged.add(messageId)),
    )
    await Promise.all([...clients, isDead])
  }

  await using _server = await startServer(sandbox, env)
  while ([...acknowledged].some((id) => !bodies.has(id))) {
    await new Promise<void>((resolve) => {
      onArrival = resolve
    })
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS)
  expect(arrivals).toBeGreaterThan(bodies.size)
}, 300_000)
