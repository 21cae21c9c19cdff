import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { expectProblem } from '../support/problems.ts'
import { type EdgeSystem, openEdgeSystem, until } from './system.ts'

const domain = 'example.com'
const fingerprint = 'a-device'

let system: EdgeSystem
beforeAll(async () => {
  system = await openEdgeSystem()
}, 120_000)
afterAll(() => system[Symbol.asyncDispose]())

/** Returns what a request changes of the figures of the edge. */
async function countOf(work: () => Promise<unknown>) {
  const { confirmed, forwarded } = { ...system.edge.figures }
  await work()
  const now = system.edge.figures
  return { confirmed: now.confirmed - confirmed, forwarded: now.forwarded - forwarded }
}

const once = { confirmed: 1, forwarded: 0 }
const passedOn = { confirmed: 0, forwarded: 1 }

/** Compares everything about a response except for its ID and time. */
async function expectSame(body: object): Promise<void> {
  const [ofEdge, ofPrimary] = [await system.validate(body), await system.primary.validate(body)]
  const headersOf = ({ headers }: { readonly headers: Headers }) =>
    [...headers]
      .filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
      .sort()
  expect({ status: ofEdge.status, text: ofEdge.text, headers: headersOf(ofEdge) }).toEqual({
    status: ofPrimary.status,
    text: ofPrimary.text,
    headers: headersOf(ofPrimary),
  })
}

describe('edge', () => {
  test('edge: a license that it knows is answered from memory, with the response of the primary', async () => {
    const { key } = await system.primary.createLicense()
    const body = { key, domain, fingerprint }
    await system.warm(body)
    expect(await countOf(() => expectSame(body))).toEqual(once)
    expect(await countOf(() => system.validate({ key: key.toLowerCase(), domain }))).toEqual(once)
    expect(await countOf(() => system.validate({ key, domain: 'WWW.example.com' }))).toEqual(once)
  })

  test('edge: what it answers is recorded, with the activations that were seen', async () => {
    const { key, id } = await system.primary.createLicense()
    await system.warm({ key, domain })
    system.recorded.splice(0)
    system.seen.splice(0)
    await system.validate({ key, domain, version: '1.2.3' })
    const [validation] = system.recorded
    const expected = {
      licenseId: id,
      domain,
      activatedDomain: domain,
      error: null,
      version: '1.2.3',
    }
    expect(validation).toMatchObject({ ...expected, address: '127.0.0.0' })
    expect(system.seen).toHaveLength(1)
    expect(system.recorded).toHaveLength(1)
  })

  test('edge: a new place is forwarded, so that only the primary grants', async () => {
    const { key, id } = await system.primary.createLicense({ max_domains: 2 })
    await system.warm({ key, domain })
    const another = { key, domain: 'example.org' }
    expect(await countOf(() => system.validate(another))).toEqual(passedOn)
    await system.warm({ key, domain })
    await system.warm(another)
    expect(await countOf(() => system.validate({ key, domain }))).toEqual(once)
    const full = await system.validate({ key, domain: 'example.net' })
    expect(full.body.error).toBe('DOMAIN_LIMIT_REACHED')
    const { body } = await system.primary.send('GET', `/api/v1/licenses/${id}`)
    expect(body.domains).toEqual([domain, 'example.org'])
  })

  test('edge: a development domain, which holds no slot, is answered from memory', async () => {
    const { key } = await system.primary.createLicense()
    const body = { key, domain: 'localhost' }
    await system.validate(body)
    await system.warm(body)
    expect(await countOf(() => system.validate(body))).toEqual(once)
  })

  test('edge: refusals are never answered from memory', async () => {
    const { key, id } = await system.primary.createLicense()
    await system.warm({ key, domain })
    const other = { key, domain, product: 'another' }
    expect(await countOf(() => expectSame(other))).toEqual(passedOn)
    const lacking = { key, domain, features: ['missing'] }
    expect(await countOf(() => expectSame(lacking))).toEqual(passedOn)
    await system.change('POST', `/api/v1/licenses/${id}/suspend`)
    expect(await countOf(() => expectSame({ key, domain }))).toEqual(passedOn)
    await system.primary.send('POST', `/api/v1/licenses/${id}/reinstate`)
    expect((await system.validate({ key, domain })).body.valid).toBe(true)
  })

  test('edge: a request for a signature is forwarded, and the signature is that of the primary', async () => {
    const { key } = await system.primary.createLicense()
    await system.warm({ key, domain })
    const nonce = 'n'.repeat(22)
    let signed = ''
    const work = async () => {
      signed = (await system.validate({ key, domain, nonce })).body.signed
    }
    expect(await countOf(work)).toEqual(passedOn)
    const [, claims = ''] = signed.split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      non: nonce,
      rte: '/validate',
    })
  })

  test.each([
    ['revoked', 'POST', (id: string) => `/api/v1/licenses/${id}/revoke`, 'LICENSE_REVOKED'],
    ['suspended', 'POST', (id: string) => `/api/v1/licenses/${id}/suspend`, 'LICENSE_SUSPENDED'],
  ])(
    'edge: a license that was %s is refused once the command has waited',
    async (_what, method, pathOf, error) => {
      const { key, id } = await system.primary.createLicense()
      await system.warm({ key, domain })
      await system.change(method, pathOf(id))
      expect((await system.validate({ key, domain })).body.error).toBe(error)
    },
  )

  test('edge: a domain that was deactivated is forwarded, and activated again by the primary', async () => {
    const { key, id } = await system.primary.createLicense()
    await system.warm({ key, domain })
    const { body } = await system.primary.send('GET', `/api/v1/licenses/${id}/activations`)
    await system.change('DELETE', `/api/v1/licenses/${id}/activations/${body.data[0].id}`)
    expect(await countOf(() => system.validate({ key, domain }))).toEqual(passedOn)
  })

  test('edge: a changed plan applies to licenses that it knows', async () => {
    const plan = { slug: 'changing', product: 'default', name: 'A', features: { sso: true } }
    await system.primary.send('POST', '/api/v1/plans', plan)
    const { key } = await system.primary.createLicense({ plan: 'changing' })
    await system.warm({ key, features: ['sso'] })
    await system.change('PUT', '/api/v1/plans/changing', { features: { sso: false } })
    const refused = await system.validate({ key, features: ['sso'] })
    expect(refused.body.error).toBe('FEATURE_NOT_INCLUDED')
  })

  test('edge: the former key of a license is always forwarded, because it ends without any change', async () => {
    const { key, id } = await system.primary.createLicense()
    await system.warm({ key, domain })
    const rotated = await system.change('POST', `/api/v1/licenses/${id}/rotate-key`, {
      overlap_hours: 1,
    })
    for (let count = 0; count < 3; count += 1) {
      expect(await countOf(() => system.validate({ key, domain }))).toEqual(passedOn)
    }
    await system.warm({ key: rotated.body.key, domain })
    system.primary.clock.advanceMs(3_600_000)
    expect((await system.validate({ key, domain })).status).toBe(404)
  })

  test('edge: a license that has expired meanwhile is refused, although nothing has changed', async () => {
    const expiresAt = new Date(system.primary.clock.nowMs() + 3_600_000).toISOString()
    const { key } = await system.primary.createLicense({ expires_at: expiresAt })
    const other = await system.primary.createLicense()
    await system.warm({ key, domain })
    const { clock } = system.primary
    clock.advanceMs(3_600_000)
    // The change ends the poll, and its response has the new time. By that time, the lease of the edge has
    // ended, so that the primary does not wait for it.
    await system.change('POST', `/api/v1/licenses/${other.id}/suspend`)
    await until(() => system.edge.clock.nowMs() >= clock.nowMs())
    expect((await system.validate({ key, domain })).body.error).toBe('LICENSE_EXPIRED')
  })
})

describe('edge: malformed requests', () => {
  test.each([
    ['broken JSON', '{', 400, 'invalid_json', []],
    ['a body without a key', '{}', 422, 'validation_failed', ['/key']],
  ])('edge: %s is refused like by the primary', async (_what, text, status, code, pointers) => {
    expectProblem(await system.send('POST', '/api/v1/validate', text), status, code, pointers)
  })
})
