import { openEdge } from '../support/edge.ts'
import { createGate } from '../support/platform.ts'
import { createLicense, manage } from '../support/primary.ts'
import { expectEqual, test } from '../support/tap.ts'
import { warm } from './confirmations.ts'

const domain = 'app.example.com'

interface Validations {
  readonly data: readonly {
    readonly domain: string
    readonly country: string
    readonly version: string
    readonly count: number
  }[]
}

test('what was answered from the cache is counted and listed by the primary, once', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  const body = { key, domain: `www.${domain}`, fingerprint: 'device-1', version: '1.2.3' }
  await warm(edge, body)
  for (let count = 0; count < 3; count += 1) {
    await edge.send(
      '/api/v1/validate',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      { country: 'DE', address: '198.51.100.7' },
    )
  }
  await edge.settle()
  const license = await manage<{ validation_count: number }>('GET', `/licenses/${id}`)
  expectEqual(license.validation_count, 4)
  const { data } = await manage<Validations>('GET', `/licenses/${id}/usage`)
  const local = data.filter(({ country }) => country === 'DE')
  expectEqual(
    local.map(({ version, count, ...rest }) => [rest.domain, version, count]),
    [[domain, '1.2.3', 3]],
  )
})

test('validations of the same second are posted together', async () => {
  const second = createGate()
  const edge = await openEdge({ sleep: () => second.opened })
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  for (let count = 0; count < 20; count += 1) await edge.validate({ key, domain })
  second.open()
  await edge.settle()
  const posts = edge.requests.filter(({ url }) => url.endsWith('/edge/usage'))
  const batches = await Promise.all(posts.map((request) => request.json()))
  expectEqual(
    batches.map(({ batch, entries }) => [batch, entries.length]),
    [[null, 20]],
  )
})

test('validations that could not be posted do not hold up later ones, and are not posted again', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  edge.isCut = true
  await warm(edge, { key, domain })
  edge.isCut = false
  await warm(edge, { key, domain })
  const license = await manage<{ validation_count: number }>('GET', `/licenses/${id}`)
  expectEqual(license.validation_count, 2)
})

test('a machine whose work was stopped posts again after ten seconds', async () => {
  let isStopped = true
  const never = new Promise<void>(() => undefined)
  const edge = await openEdge({ sleep: () => (isStopped ? never : Promise.resolve()) })
  const { key, id } = await createLicense()
  await edge.validate({ key, domain })
  await edge.settle()
  await edge.send(
    '/api/v1/validate',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key, domain }),
    },
    { waitUntil: () => undefined },
  )
  isStopped = false
  edge.clock.advance(10_000)
  await warm(edge, { key, domain })
  const license = await manage<{ validation_count: number }>('GET', `/licenses/${id}`)
  expectEqual(license.validation_count, 3)
})
