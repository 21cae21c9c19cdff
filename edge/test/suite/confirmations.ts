import { openEdge, type TestEdge } from '../support/edge.ts'
import { changePlan, createLicense, createPlan, type License, manage } from '../support/primary.ts'
import { expectEqual, expectTrue, test, testEach } from '../support/tap.ts'

const domain = 'app.example.com'

/** Validates a license until the edge has its facts. */
export async function warm(edge: TestEdge, body: object): Promise<void> {
  await edge.validate(body)
  await edge.settle()
}

test('a known license is confirmed from the cache, as the primary confirms it', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  const first = await edge.validate({ key, domain })
  await edge.settle()
  const second = await edge.validate({ key, domain })
  expectEqual([first.status, first.isLocal], [200, false])
  expectEqual([second.status, second.isLocal], [200, true])
  expectEqual(second.text, first.text)
  expectEqual(second.headers.get('content-type'), 'application/json')
  expectEqual(second.headers.get('access-control-allow-origin'), '*')
})

test('handlers of many machines share what is in the cache', async () => {
  const edge = await openEdge()
  const cache = new Map<string, string>()
  const shared = {
    get: async (name: string) => cache.get(name) ?? null,
    put: async (name: string, value: string) => void cache.set(name, value),
  }
  const [one, other] = [await openEdge({ cache: shared }), await openEdge({ cache: shared })]
  const { key } = await createLicense()
  await warm(one, { key, domain })
  const answer = await other.validate({ key, domain })
  expectEqual([answer.json.valid, answer.isLocal], [true, true])
  const text = [...cache].flat().join(' ')
  expectTrue(!text.includes(key), 'The cache contains a license key.')
  expectEqual(edge.sent, [])
})

test('spellings of a domain share what is known about it', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  const answer = await edge.validate({
    key,
    domain: `https://www.${domain.toUpperCase()}/path?x=1`,
  })
  expectEqual([answer.json.valid, answer.isLocal], [true, true])
})

const forwarded: Readonly<Record<string, object>> = {
  'a new domain': { domain: 'other.example.net' },
  'a new device': { domain, fingerprint: 'device-2' },
  'no domain, where another place is known': {},
  'a lease': { domain, lease: true },
  'a signature': { domain, nonce: 'a-nonce-of-22-characters' },
  'another product': { domain, product: 'another' },
  'a feature that is not included': { domain, features: ['api'] },
  'a domain that is none': { domain: 'not a domain' },
  'a product that is a number': { domain, product: 7 },
  'too many features': { domain, features: Array.from({ length: 101 }, () => 'sso') },
  'a version that is a list': { domain, version: [1] },
  'a nested field': { domain, extra: { __proto__: 1 } },
}
testEach('a request with $ is forwarded', forwarded, async (more) => {
  const edge = await openEdge()
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, ...more })
  expectEqual(answer.isLocal, false)
})

test('features and the product are judged for each request', async () => {
  const edge = await openEdge()
  const plan = await createPlan()
  const { key } = await createLicense(plan)
  await warm(edge, { key, domain })
  const good = await edge.validate({ key, domain, product: plan, features: ['sso'] })
  expectEqual([good.json.valid, good.isLocal], [true, true])
})

test('the first use of a license is forwarded, which starts its term', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense(await createPlan({ starts_on: 'first_validation' }))
  const answer = await edge.validate({ key })
  expectEqual([answer.json.valid, answer.isLocal], [true, false])
  const license = await manage<{ expires_at: string | null }>('GET', `/licenses/${id}`)
  expectTrue(license.expires_at !== null, 'The term has not started.')
})

test('any number of edges never exceed the limit of a license', async () => {
  const { key, id } = await createLicense()
  const edges = await Promise.all([1, 2, 3].map(() => openEdge()))
  const hosts = Array.from({ length: 8 }, (_, index) => `site-${index}.com`)
  const answers = await Promise.all(
    edges.flatMap((edge) => hosts.map((host) => edge.validate({ key, domain: host }))),
  )
  const isValid = answers.map(({ json }) => json.valid === true)
  const { domains } = await manage<License & { domains: string[] }>('GET', `/licenses/${id}`)
  expectEqual([domains.length, isValid.filter(Boolean).length], [3, 9])
})

test('a revoked license is refused by the primary once its facts are too old', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  await manage('POST', `/licenses/${id}/revoke`, {})
  const before = await edge.validate({ key, domain })
  expectEqual([before.json.valid, before.isLocal], [true, true])
  edge.clock.advance(300_000)
  const after = await edge.validate({ key, domain })
  expectEqual([after.json.error, after.isLocal], ['LICENSE_REVOKED', false])
})

test('facts that are older than a minute are answered from, and read again behind the answer', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  await manage('POST', `/licenses/${id}/suspend`, { reason: 'payment failed' })
  edge.clock.advance(61_000)
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.valid, answer.headers.get('age')], [true, '61'])
  await edge.settle()
  const next = await edge.validate({ key, domain })
  expectEqual([next.json.error, next.isLocal], ['LICENSE_SUSPENDED', false])
})

test('a change of a plan is seen within 300 seconds, and after the next refresh', async () => {
  const edge = await openEdge()
  const plan = await createPlan()
  const { key } = await createLicense(plan)
  const body = { key, domain, features: ['sso'] }
  await warm(edge, body)
  await changePlan(plan, { features: {} })
  edge.clock.advance(61_000)
  await warm(edge, body)
  const answer = await edge.validate(body)
  expectEqual([answer.json.error, answer.isLocal], ['FEATURE_NOT_INCLUDED', false])
})

test('a key that was replaced is refused after the next refresh', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  await warm(edge, { key, domain })
  await manage('POST', `/licenses/${id}/rotate-key`, { overlap_hours: 0 })
  edge.clock.advance(61_000)
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.status, answer.json.error], [404, 'LICENSE_NOT_FOUND'])
})

test('the end of a license is judged by the time of the request', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  const endsAtMs = Date.now() + 30_000
  const expires_at = new Date(endsAtMs).toISOString()
  await manage('PATCH', `/licenses/${id}`, { expires_at }).catch(() => null)
  await manage('POST', `/licenses/${id}/renew`, { expires_at })
  await warm(edge, { key, domain })
  edge.clock.advance(30_000 + 7 * 86_400_000)
  const answer = await edge.validate({ key, domain })
  expectEqual(answer.isLocal, false)
})
