import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

const ROUNDS = 200
const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('nodes: a license is valid on another server as soon as it is created, and refused as soon as it is revoked', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 2)
  const [one, other] = cluster.nodes
  assert(one !== undefined && other !== undefined, 'two servers are started')
  let contradictions = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, other] : [other, one]
    const { body } = await here.send('POST', '/api/v1/licenses', order)
    const ask = () => there.send('POST', '/api/v1/validate', { key: body.key })
    if ((await ask()).body.valid !== true) contradictions += 1
    const revoked = await here.send('POST', `/api/v1/licenses/${body.id}/revoke`)
    expect(revoked.status).toBe(200)
    if ((await ask()).body.error !== 'LICENSE_REVOKED') contradictions += 1
  }
  expect(contradictions).toBe(0)
})
