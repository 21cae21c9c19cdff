import { expect, test } from 'bun:test'
import { expectProblem } from '../support/problems.ts'
import { openEdgeSystem } from './system.ts'

test('address limit: an edge limits what it answers itself, and relays the limit of its primary', async () => {
  await using limited = await openEdgeSystem({ env: { LICET_RATE_LIMIT_ADDRESS: '1000' } })
  const { key } = await limited.primary.createLicense()
  await limited.warm({ key })
  const confirmed = limited.edge.figures.confirmed
  const response = await limited.validate({ key })
  expect(limited.edge.figures.confirmed).toBe(confirmed + 1)
  expect(response.headers.get('ratelimit')).toMatch(/^"address";r=\d+;t=\d+$/)
  for (let count = 0; count < 1000; count += 1) await limited.send('GET', '/livez')
  let last = response
  for (let count = 0; count < 1000; count += 1) last = await limited.validate({ key })
  expectProblem(last, 429, 'rate_limited')
  const { values } = await limited.edge.metrics.rateLimited.get()
  expect(values[0]?.value).toBeGreaterThan(0)

  await using relaying = await openEdgeSystem({ config: { rateLimitAddress: 1 } })
  const read = () => relaying.send('GET', '/api/v1/revocations')
  expect((await read()).headers.get('ratelimit')).toBe('"address";r=0;t=60')
  expectProblem(await read(), 429, 'rate_limited')
})
