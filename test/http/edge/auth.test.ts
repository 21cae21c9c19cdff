import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { expectProblem } from '../../support/problems.ts'

test.each([
  ['GET', '/feed'],
  ['POST', '/facts'],
  ['POST', '/usage'],
  ['POST', '/forward/api/v1/validate'],
])(
  'edge auth: %s %s with a wrong token gets 401 each time, and never 429, which an edge would pass on',
  async (method, path) => {
    await using app = await openTestApp()
    const headers = { authorization: 'Bearer licet_edge_obviously-fake-token' }
    const body = method === 'GET' ? undefined : {}
    for (let count = 0; count < 40; count += 1) {
      const response = await app.send(method, `/api/v1/edge${path}`, body, headers)
      expectProblem(response, 401, 'unauthorized')
    }
  },
)

test('edge auth: many wrong tokens from the address of an edge disturb neither the edge nor its clients', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  const headers = { authorization: 'Bearer licet_edge_obviously-fake-token' }
  for (let count = 0; count < 40; count += 1) {
    await app.send('GET', '/api/v1/edge/feed', undefined, headers)
  }
  expect((await edge.poll()).status).toBe(200)
  expect((await edge.forward('POST', '/api/v1/validate', { key })).body.valid).toBe(true)
  expect((await app.validate({ key: 'an-unknown-imported-key' })).status).toBe(404)
})
