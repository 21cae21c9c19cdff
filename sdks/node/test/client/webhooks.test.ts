import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhooks } from '../../src/index.ts'
import { readVectors } from '../conformance/vectors.ts'

interface WebhookCase {
  readonly id: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly now: number
}

const { cases } = readVectors<{ readonly cases: readonly WebhookCase[] }>('webhooks.json')
const valid = cases.find(({ id }) => id === 'valid')
if (valid === undefined) throw new Error('There is no valid webhook in the conformance suite.')
const { body, headers, secrets, now } = valid
const time = { now: now * 1000 }

test('an event is read from the request of every framework', () => {
  const lists = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, [text]]))
  for (const each of [headers, new Headers(headers), lists]) {
    assert.equal(Webhooks.verify(body, each, secrets, time).type, 'license.created')
  }
})

test('an event is read from bytes, and with a single secret', () => {
  const event = Webhooks.verify(new TextEncoder().encode(body), headers, secrets[0] ?? '', time)
  assert.equal(event.data.sequence, 1)
})

test('a request that is old by now is rejected without a given time', () => {
  assert.throws(() => Webhooks.verify(body, headers, secrets), { name: 'WebhookError' })
})

test('an empty secret is a mistake of the app, not of the request', () => {
  for (const secret of ['', 'whsec_']) {
    assert.throws(() => Webhooks.verify(body, headers, secret, time), TypeError)
  }
})
