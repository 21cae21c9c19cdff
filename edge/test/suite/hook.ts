import { openEdge } from '../support/edge.ts'
import { deliver, webhookSecret } from '../support/events.ts'
import { createClock, createGate, createSlowCache } from '../support/platform.ts'
import { createLicense, manage } from '../support/primary.ts'
import { expectEqual, expectTrue, test, testEach } from '../support/tap.ts'
import { warm } from './confirmations.ts'

const domain = 'app.example.com'
/** Longer than clocks may differ, and than a handler waits until it stores an entry again. */
const SETTLED_MS = 10_000

test('a license that is revoked with a webhook is refused at once', async () => {
  const edge = await openEdge({ webhookSecret })
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  expectTrue((await edge.validate({ key, domain })).isLocal, 'The license is not known.')
  await manage('POST', `/licenses/${id}/revoke`, {})
  expectEqual((await deliver(edge, 'license.revoked', id)).status, 204)
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.error, answer.isLocal], ['LICENSE_REVOKED', false])
})

test('after an event, a license is known again from facts that are newer', async () => {
  const edge = await openEdge({ webhookSecret })
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  await deliver(edge, 'license.renewed', id)
  edge.clock.advance(SETTLED_MS)
  await warm(edge, { key, domain })
  expectTrue((await edge.validate({ key, domain })).isLocal, 'It is not known again.')
})

test('a domain that is deactivated is forwarded from then on, and needs a slot again', async () => {
  const edge = await openEdge({ webhookSecret })
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  const path = `/licenses/${id}/activations`
  const { data } = await manage<{ data: { id: string }[] }>('GET', path)
  await manage('DELETE', `${path}/${data[0]?.id}`)
  await deliver(edge, 'activation.deleted', id)
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.valid, answer.isLocal], [true, false])
})

const harmless = {
  'a domain was activated': 'activation.created',
  'it was used for the first time': 'license.activated',
  'a limit was reached': 'license.limit_reached',
}
testEach('an event that says that $ leaves the facts of a license', harmless, async (type) => {
  const edge = await openEdge({ webhookSecret })
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  expectEqual((await deliver(edge, type, id)).status, 204)
  expectTrue((await edge.validate({ key, domain })).isLocal, 'The facts are gone.')
})

test('an event about one license leaves those of others', async () => {
  const edge = await openEdge({ webhookSecret })
  const [one, other] = [await createLicense(), await createLicense()]
  await warm(edge, { key: one.key, domain })
  await deliver(edge, 'license.revoked', other.id)
  expectTrue((await edge.validate({ key: one.key, domain })).isLocal, 'The facts are gone.')
})

const id = 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k'
const forged = {
  'another secret': { secret: 'whsec_YW5vdGhlciBmYWtlIHNlY3JldCEhISEh' },
  'a time six minutes ago': { timestampSeconds: Math.floor(Date.now() / 1000) - 360 },
  'a time six minutes ahead': { timestampSeconds: Math.floor(Date.now() / 1000) + 360 },
}
testEach('an event with $ gets 401', forged, async (delivery) => {
  const edge = await openEdge({ webhookSecret })
  expectEqual((await deliver(edge, 'license.revoked', id, delivery)).status, 401)
})

test('an event without a signature, or with one that is none, gets 401', async () => {
  const edge = await openEdge({ webhookSecret })
  const times = { 'webhook-id': 'evt_1', 'webhook-timestamp': `${Math.floor(Date.now() / 1000)}` }
  for (const signature of ['', 'v1,', 'v1,!!!', 'v2,AAAA', 'v1,AAAA v1,BBBB']) {
    const headers = { ...times, 'webhook-signature': signature }
    expectEqual((await edge.post('/_licet/hook', '{}', headers)).status, 401)
  }
})

test('both secrets of a webhook are accepted while it is rotated', async () => {
  const next = 'whsec_YW5vdGhlciBmYWtlIHNlY3JldCEhISEh'
  const edge = await openEdge({ webhookSecret: [webhookSecret, next] })
  for (const secret of [webhookSecret, next]) {
    expectEqual((await deliver(edge, 'license.revoked', id, { secret })).status, 204)
  }
})

test('signed events that name no license change nothing', async () => {
  const edge = await openEdge({ webhookSecret })
  for (const body of ['{}', '{"type":"webhook.test","data":{}}', '{"data":{"license":{"id":7}}}']) {
    expectEqual((await deliver(edge, 'webhook.test', id, { body })).status, 204)
  }
})

test('an event that the cache cannot store gets 503, so Licet sends it again', async () => {
  const put = () => Promise.reject(new Error('429: too many writes'))
  const edge = await openEdge({ webhookSecret, cache: { get: async () => null, put } })
  expectEqual((await deliver(edge, 'license.revoked', id)).status, 503)
})

test('the hook needs POST, and is not there without a secret', async () => {
  const edge = await openEdge({ webhookSecret })
  expectEqual((await edge.send('/_licet/hook')).status, 405)
  const other = await openEdge()
  expectEqual((await deliver(other, 'license.revoked', id)).status, 421)
})

test('a write of old facts that a cache shows late does not bring a revoked license back', async () => {
  const clock = createClock()
  let delayMs = 0
  const cache = createSlowCache(clock, () => delayMs)
  const edge = await openEdge({ clock, cache, webhookSecret })
  const { key, id: licenseId } = await createLicense()
  delayMs = 60_000
  await warm(edge, { key, domain })
  clock.advance(1000)
  delayMs = 0
  await manage('POST', `/licenses/${licenseId}/revoke`, {})
  await deliver(edge, 'license.revoked', licenseId)
  clock.advance(60_000)
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.error, answer.isLocal], ['LICENSE_REVOKED', false])
})

test('facts that are asked for before a revocation and arrive after it are not relied on', async () => {
  const gate = createGate()
  const isFacts = ({ url }: Request) => url.endsWith('/edge/facts')
  const edge = await openEdge({
    webhookSecret,
    fetch: async (request) => {
      const response = await fetch(request)
      if (isFacts(request)) await gate.opened
      return response
    },
  })
  const { key, id: licenseId } = await createLicense()
  await edge.validate({ key, domain })
  await manage('POST', `/licenses/${licenseId}/revoke`, {})
  edge.clock.advance(1000)
  await deliver(edge, 'license.revoked', licenseId)
  gate.open()
  await edge.settle()
  const answer = await edge.validate({ key, domain })
  expectEqual(answer.json.error, 'LICENSE_REVOKED')
})
