import { expect, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { parseFacts } from '~/wire/edge-facts.ts'
import { openTestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { expectProblem } from '../../support/problems.ts'

test('edge facts: they are what a validation at this place reads, without the key or its hash', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  const place = { key, domain: 'https://www.example.com/shop', fingerprint: 'device-1' }
  await app.validate(place)
  const { status, body, text } = await edge.readFacts(place)
  expect(status).toBe(200)
  const facts = parseFacts(body, 'hash')
  assert(facts !== null, 'the format is known')
  const snapshot = await app.deps.store.validations.findLicense(
    app.deps.vault.hashKey(key),
    app.clock.nowMs(),
  )
  expect(facts).toMatchObject({
    license: { id, keyHash: 'hash', domainsUsed: 1, devicesUsed: 1 },
    plan: { slug: 'professional' },
    domain: { value: 'example.com', licenseId: id, kind: 'domain' },
    device: { value: 'device-1', licenseId: id, kind: 'device' },
  })
  assert(snapshot !== null, 'the license is found')
  expect(facts.plan).toEqual(snapshot.plan)
  expect(facts.license).toEqual({ ...snapshot.license, keyHash: 'hash' } as typeof facts.license)
  expect(text).not.toContain(key)
  expect(text).not.toContain(snapshot.license.keyHash)
})

test('edge facts: a domain or device that is not activated is null, and so is one that is malformed', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  for (const place of [{}, { domain: 'new.example', fingerprint: 'new' }, { domain: 'co.uk' }]) {
    const { status, body } = await edge.readFacts({ key, ...place })
    expect([status, body.domain, body.device]).toEqual([200, null, null])
  }
  expect(await app.eventTypesOf((await edge.readFacts({ key })).body.license.id)).toEqual([
    'license.created',
  ])
})

test('edge facts: they have all changes up to their position', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  const { position } = (await edge.readFacts({ key })).body
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  const later = (await edge.readFacts({ key })).body
  expect(later.license.suspended_at_ms).toBe(app.clock.nowMs())
  expect((await edge.poll({ after: position })).body.licenses).toEqual([id])
  expect((await edge.poll({ after: later.position })).body.licenses).toEqual([])
})

test('edge facts: an unknown key gets the 404 of a validation, and the 31st within a minute 429', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const other = await createTestEdge(app, 'eu-2')
  const { key: validKey } = await app.createLicense()
  const key = 'an-unknown-imported-key'
  const { status, text } = await app.validate({ key })
  expect(status).toBe(404)
  for (let count = 0; count < 30; count += 1) {
    const response = await edge.readFacts({ key })
    expect([response.status, response.text]).toEqual([404, text])
  }
  const refused = await edge.readFacts({ key: 'another-imported-key' })
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.body.detail).toBe('Too many failed attempts from this edge. Wait, then retry.')
  expect((await edge.readFacts({ key: validKey })).status).toBe(200)
  expect((await other.readFacts({ key })).status).toBe(404)
  app.clock.advanceMs(60_000)
  expect((await edge.readFacts({ key })).status).toBe(404)
})

test('edge facts: a former key gets 409, because it stops working without any change', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  const { body } = await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, {
    overlap_hours: 24,
  })
  expect((await app.validate({ key })).body.valid).toBe(true)
  expectProblem(await edge.readFacts({ key }), 409, 'in_use')
  expect((await edge.readFacts({ key: body.key })).status).toBe(200)
  expect((await edge.readFacts({ key: body.key.toLowerCase() })).status).toBe(200)
})
