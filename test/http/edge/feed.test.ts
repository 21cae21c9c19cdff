import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { expectProblem } from '../../support/problems.ts'

test('edge feed: the first response is the position, and nothing else has changed', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  await app.createLicense()
  const { status, body } = await edge.poll()
  expect(status).toBe(200)
  expect(body).toEqual({
    position: expect.stringMatching(/^[0-9a-f]{16}\.\d+$/),
    good_for_ms: 5000,
    now_ms: app.clock.nowMs(),
    all: false,
    plans: false,
    licenses: [],
    activations: [],
  })
})

test('edge feed: a response names what has changed after the position', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  const { position } = (await edge.poll()).body
  await app.validate({ key, domain: 'example.com' })
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  await app.send('PUT', '/api/v1/plans/starter', { grace_days: 3 })
  const { body } = await edge.poll({ after: position })
  expect(body).toMatchObject({
    all: false,
    plans: true,
    licenses: [id],
    activations: [[id, 'domain', 'example.com']],
  })
  expect((await edge.poll({ after: body.position })).body).toMatchObject({
    position: body.position,
    plans: false,
    licenses: [],
    activations: [],
  })
})

test('edge feed: a request that waits responds to the next commit', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const { position } = (await edge.poll()).body
  const waiting = edge.poll({ after: position, wait_ms: 1000 })
  await app.send('POST', `/api/v1/licenses/${id}/revoke`)
  expect((await waiting).body.licenses).toEqual([id])
})

test('edge feed: with too many long fingerprints for a slow line, an edge starts anew', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense({ max_devices: 1000 })
  const { position } = (await edge.poll()).body
  for (let count = 0; count < 90; count += 1) {
    const fingerprint = '\u{1f600}'.repeat(252) + String(count).padStart(3, '0')
    expect((await app.validate({ key, fingerprint })).body.valid).toBe(true)
  }
  const { text, body } = await edge.poll({ after: position })
  expect(Buffer.byteLength(text)).toBeLessThan(1000)
  expect([body.all, body.licenses, body.activations]).toEqual([true, [], []])
  expect((await edge.poll({ after: body.position })).body.all).toBe(false)
})

test('edge feed: an unknown position gets 410', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { position } = (await edge.poll()).body
  const [session, number] = position.split('.')
  for (const after of [`0123456789abcdef.${number}`, `${session}.${Number(number) + 9}`, 'x', '']) {
    expectProblem(await edge.poll({ after }), 410, 'position_unknown')
  }
})
