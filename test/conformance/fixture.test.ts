import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { publicKeys, scenarios } from '../../sdks/conformance/vectors/http.json'
import { keys } from '../../sdks/conformance/vectors/tokens.json'

interface Log {
  readonly requests: readonly { readonly headers: Readonly<Record<string, string>> }[]
}

const fixture = Bun.spawn(
  [process.execPath, join(import.meta.dir, '../../sdks/conformance/fixture.ts')],
  { stdout: 'pipe', stderr: 'inherit' },
)
let address = ''
let runs = 0

beforeAll(async () => {
  const reader = fixture.stdout.getReader()
  const { value } = await reader.read()
  address = JSON.parse(new TextDecoder().decode(value)).url
})

afterAll(() => fixture.kill())

const NONCE = 'nonce-of-this-test-0001'
const BODY = JSON.stringify({ key: 'K', fingerprint: 'device-1', lease: true, nonce: NONCE })
const BODY_HASH = createHash('sha256').update(BODY).digest('base64url')

/** Returns the address of a new run of a scenario. */
function start(scenario: string): string {
  runs += 1
  return `${address}/s/${encodeURIComponent(scenario)}/run-${runs}`
}

function post(base: string, timeoutMs = 60_000): Promise<Response> {
  return fetch(`${base}/api/v1/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
}

async function readSigned(scenario: string): Promise<string> {
  const { signed } = (await (await post(start(scenario))).json()) as { signed: string }
  return signed
}

async function isSignedBy(token: string, x = keys.active.x): Promise<boolean> {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA' })
  return compactVerify(token, key).then(
    () => true,
    () => false,
  )
}

test('scenarios: each has an ID of its own, replies, steps and a number of requests', () => {
  expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length)
  const wrong = scenarios.filter(
    ({ replies, steps, requests, description }) =>
      replies.length === 0 ||
      steps.length === 0 ||
      requests.min > requests.max ||
      !description.endsWith('.'),
  )
  expect(wrong).toEqual([])
  expect(publicKeys).toEqual([keys.active.x, keys.next.x])
})

test('fixture: a lease is signed now, for the nonce, the body and the device of the request', async () => {
  const token = await readSigned('lease')
  expect(await isSignedBy(token)).toBe(true)
  const { iat = 0, exp = 0, non, req, fp } = decodeJwt(token)
  expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60)
  expect(exp - iat).toBe(30 * 86_400)
  expect({ non, req }).toEqual({ non: NONCE, req: BODY_HASH })
  expect(fp).toBe(createHash('sha256').update('device-1').digest('base64url'))
})

test('fixture: each wrong signature is wrong in one way only', async () => {
  expect(decodeJwt(await readSigned('wrong-nonce')).non).not.toBe(NONCE)
  expect(decodeJwt(await readSigned('other-request')).req).not.toBe(BODY_HASH)
  const stranger = await readSigned('wrong-key')
  expect(await isSignedBy(stranger, keys.stranger.x)).toBe(true)
  const forged = await readSigned('forged-kid')
  expect(decodeProtectedHeader(forged).kid).toBe(keys.active.kid)
  expect(await isSignedBy(forged)).toBe(false)
  expect(await isSignedBy(await readSigned('broken-signature'))).toBe(false)
  for (const token of [stranger, forged]) {
    expect(decodeJwt(token)).toMatchObject({ non: NONCE, req: BODY_HASH })
  }
})

test('fixture: replies come in their order, the last one is repeated, and runs are independent', async () => {
  const [first, second] = [start('503-then-200'), start('503-then-200')]
  const statuses: number[] = []
  for (const base of [first, first, first, second]) statuses.push((await post(base)).status)
  expect(statuses).toEqual([503, 200, 200, 503])
})

test('fixture: the log has the requests of a run with their bodies and headers', async () => {
  const base = start('lease')
  await post(base)
  const { requests } = (await (await fetch(`${base}/log`)).json()) as Log
  expect(requests).toHaveLength(1)
  expect(requests[0]).toMatchObject({ method: 'POST', path: '/api/v1/validate', body: BODY })
  expect(requests[0]?.headers['content-type']).toBe('application/json')
})

test('fixture: a stale signature is the first response once more', async () => {
  const base = start('stale-signature')
  const first = await (await post(base)).text()
  expect(await (await post(base)).text()).toBe(first)
})

test('fixture: a reply that is held back comes after the time it names', async () => {
  const startedMs = performance.now()
  expect((await post(start('at-once'))).status).toBe(200)
  expect(performance.now() - startedMs).toBeGreaterThan(1400)
})

test('fixture: silence, a closed connection and bodies without end are what they say', async () => {
  const attempt = (scenario: string, timeoutMs = 300) =>
    post(start(scenario), timeoutMs)
      .then((response) => response.text())
      .then(
        () => 'text',
        (error: Error) => error.name,
      )
  expect(await attempt('hang')).toBe('TimeoutError')
  expect(['TimeoutError', 'text']).not.toContain(await attempt('reset', 60_000))
  expect(await attempt('slow-body')).toBe('TimeoutError')
  expect(await attempt('huge-body')).toBe('TimeoutError')
})

test('fixture: pages may call it as they may call Licet, and the question of a browser is not logged', async () => {
  const base = start('lease')
  const preflight = await fetch(`${base}/api/v1/validate`, { method: 'OPTIONS' })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type, x-request-id')
  expect((await post(base)).headers.get('access-control-allow-origin')).toBe('*')
  const { requests } = (await (await fetch(`${base}/log`)).json()) as Log
  expect(requests).toHaveLength(1)
})

test('fixture: a scenario that does not exist gets 404', async () => {
  expect((await post(start('no-such-scenario'))).status).toBe(404)
})
