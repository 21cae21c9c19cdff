import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'

/** Lists the requests that were logged since the last call, with their level, once there are so many. */
async function takeRequests({ logLines }: TestApp, count: number): Promise<string[]> {
  const list = () => logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  // A line is written after its response.
  while (list().length < count) await Bun.sleep(1)
  const requests = list()
  logLines.length = 0
  return requests.map(({ level, route, status }) => `${level} ${route} ${status}`)
}
const [debug, info] = [20, 30]

test('edge log: requests of the edge itself are logged only at debug, but not those with a wrong token', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  await takeRequests(app, 2)
  await edge.poll()
  await edge.readFacts({ key })
  await edge.sendUsage({ run: '0123456789abcdef', batch: 1, entries: [], seen: [] })
  await app.send('GET', '/api/v1/edge/feed', undefined, { authorization: 'Bearer licet_edge_fake' })
  expect((await takeRequests(app, 4)).sort()).toEqual([
    `${debug} /api/v1/edge/facts 200`,
    `${debug} /api/v1/edge/feed 200`,
    `${debug} /api/v1/edge/usage 200`,
    `${info} none 401`,
  ])
})

test('edge log: a forwarded request has one line, that of the request of the client', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  await takeRequests(app, 2)
  await edge.forward('POST', '/api/v1/validate', { key })
  await edge.forward('GET', '/api/v1/revocations')
  await edge.forward('GET', '/api/v1/licenses')
  const requests = await takeRequests(app, 6)
  expect(requests.filter((line) => line.startsWith(`${info}`)).sort()).toEqual([
    `${info} /api/v1/revocations 200`,
    `${info} /api/v1/validate 200`,
    `${info} none 404`,
  ])
})
