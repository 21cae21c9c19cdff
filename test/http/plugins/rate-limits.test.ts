import { expect, test } from 'bun:test'
import { createClientAddressOf } from '~/http/plugins/client-address.ts'
import { createRateLimit } from '~/http/plugins/rate-limits.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const MINUTE_MS = 60_000
const key = 'an-unknown-imported-key'

async function guess(app: TestApp, times: number): Promise<number[]> {
  const statuses: number[] = []
  for (let index = 0; index < times; index += 1) {
    statuses.push((await app.validate({ key: `${key}-${index}` })).status)
  }
  return statuses
}

test('rate limit: the 31st unknown key within a minute gets 429 with Retry-After', async () => {
  await using app = await openTestApp()
  expect(await guess(app, 30)).toEqual(Array(30).fill(404))
  app.clock.advanceMs(20_500)
  const refused = await app.validate({ key })
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.headers.get('retry-after')).toBe('40')
  app.clock.advanceMs(MINUTE_MS - 20_501)
  expect(await guess(app, 1)).toEqual([429])
  app.clock.advanceMs(1)
  expect(await guess(app, 30)).toEqual(Array(30).fill(404))
})

test('rate limit: a valid key and a valid token work from a limited address', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${license.id}/suspend`)
  await guess(app, 40)
  expect((await app.validate({ key: license.key })).body.error).toBe('LICENSE_SUSPENDED')
  expect((await app.send('GET', '/api/v1/licenses')).status).toBe(200)
})

test('rate limit: invalid tokens and unknown keys share one limit', async () => {
  await using app = await openTestApp()
  const read = (authorization: string | undefined) =>
    app.send('GET', '/api/v1/licenses', undefined, { authorization })
  for (let index = 0; index < 15; index += 1) {
    expectProblem(await read(`Bearer a-guess-${index}`), 401, 'unauthorized')
  }
  await guess(app, 15)
  expectProblem(await read('Bearer a-guess'), 429, 'rate_limited')
  expectProblem(await app.validate({ key }), 429, 'rate_limited')
  expectProblem(await read(undefined), 401, 'unauthorized')
})

test('rate limit: malformed requests are not counted', async () => {
  await using app = await openTestApp()
  for (let index = 0; index < 40; index += 1) await app.validate({ key: 5 })
  expect(await guess(app, 1)).toEqual([404])
})

test('rate limit: IPv4 counts by address and IPv6 by /64, in any notation', () => {
  const limit = createRateLimit(() => 0)
  const isLimited = (address: string) => {
    try {
      limit.recordFailure(address)
      return false
    } catch {
      return true
    }
  }
  for (let index = 0; index < 30; index += 1) {
    expect(isLimited('192.0.2.1')).toBe(false)
    expect(isLimited(`2001:db8:0:1:${index}::1`)).toBe(false)
  }
  expect(isLimited('192.0.2.1')).toBe(true)
  expect(isLimited('::ffff:192.0.2.1')).toBe(true)
  expect(isLimited('192.0.2.2')).toBe(false)
  expect(isLimited('2001:db8:0:1:ffff::')).toBe(true)
  expect(isLimited('2001:0DB8:0000:0001::9')).toBe(true)
  expect(isLimited('2001:db8:0:2::1')).toBe(false)
})

test('rate limit: at most 50,000 addresses are stored; the oldest is dropped', () => {
  const limit = createRateLimit(() => 0)
  for (let index = 0; index < 30; index += 1) limit.recordFailure('192.0.2.1')
  expect(() => limit.recordFailure('192.0.2.1')).toThrow('Too many failed attempts')
  for (let index = 0; index < 50_000; index += 1) {
    limit.recordFailure(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
  }
  expect(() => limit.recordFailure('192.0.2.1')).not.toThrow()
})

test('client address: X-Forwarded-For is read from the right, and only from trusted proxies', () => {
  const addressFor = (trusted: string[], peer: string, forwarded?: string) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    const request = new Request('http://localhost/', { headers })
    return createClientAddressOf(trusted, () => peer)(request)
  }
  const proxies = ['10.0.0.0/8', 'fd00::/8']
  expect(addressFor([], '10.0.0.1', '1.1.1.1')).toBe('10.0.0.1')
  expect(addressFor(proxies, '192.0.2.1', '1.1.1.1')).toBe('192.0.2.1')
  expect(addressFor(proxies, '10.0.0.1', '1.1.1.1')).toBe('1.1.1.1')
  expect(addressFor(proxies, '::ffff:10.0.0.1', '1.1.1.1')).toBe('1.1.1.1')
  expect(addressFor(proxies, 'fd00::1', '2001:db8::1')).toBe('2001:db8::1')
  expect(addressFor(proxies, '10.0.0.1', '9.9.9.9, 1.1.1.1, 10.2.3.4')).toBe('1.1.1.1')
  expect(addressFor(proxies, '10.0.0.1', '1.1.1.1,')).toBe('1.1.1.1')
  expect(addressFor(proxies, '10.0.0.1', '10.0.0.9')).toBe('10.0.0.1')
  expect(addressFor(proxies, '10.0.0.1')).toBe('10.0.0.1')
  expect(addressFor(proxies, '10.0.0.1', '1.1.1.1:4711')).toBe('1.1.1.1')
  expect(addressFor(proxies, '10.0.0.1', '[2001:db8::1]:4711')).toBe('2001:db8::1')
})

test('client address: entries of X-Forwarded-For that are not addresses are skipped', () => {
  const entries = [
    'unknown',
    '_hidden',
    'a.io',
    '1',
    '0x7f.1',
    '1.1.1',
    '"1.1.1.1"',
    '<script>',
    '',
  ]
  for (const entry of entries) {
    const headers = { 'x-forwarded-for': `192.0.2.1, ${entry}` }
    const addressOf = createClientAddressOf(['10.0.0.1'], () => '10.0.0.1')
    expect(addressOf(new Request('http://localhost/', { headers }))).toBe('192.0.2.1')
    const alone = new Request('http://localhost/', { headers: { 'x-forwarded-for': entry } })
    expect(addressOf(alone)).toBe('10.0.0.1')
  }
})

test('rate limit: clients behind one trusted proxy are counted separately', async () => {
  await using app = await openTestApp({ trustedProxies: ['127.0.0.1'] })
  app.app.listen({ hostname: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/validate`
  const guessAs = async (forwarded: string) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded }
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ key }) })).status
  }
  for (let index = 0; index < 30; index += 1) expect(await guessAs('192.0.2.1')).toBe(404)
  expect(await guessAs('192.0.2.1')).toBe(429)
  expect(await guessAs('192.0.2.1, 127.0.0.1')).toBe(429)
  expect(await guessAs('192.0.2.1, 192.0.2.2')).toBe(404)
  await app.app.server?.stop(true)
})

test.each([2 * MINUTE_MS, -2 * MINUTE_MS])(
  'rate limit: a clock that jumps by %d ms gives no more guesses, and refuses for no longer',
  async (jumpMs) => {
    await using app = await openTestApp()
    await guess(app, 30)
    app.clock.jumpMs(jumpMs)
    const refused = await app.validate({ key })
    expectProblem(refused, 429, 'rate_limited')
    expect(refused.headers.get('retry-after')).toBe('60')
    app.clock.advanceMs(MINUTE_MS)
    expect(await guess(app, 1)).toEqual([404])
  },
)
