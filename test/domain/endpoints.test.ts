import { afterEach, describe, expect, setSystemTime, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import {
  type AddressGuard,
  createSecret,
  decideEnabled,
  decideRotation,
  type Endpoint,
  type EndpointState,
  isEventPattern,
  matchesPattern,
  parseEndpointUrl,
  signatureHeader,
  signingSecrets,
} from '~/domain/endpoints.ts'
import { eventTypes } from '~/domain/events.ts'
import { Fault } from '~/domain/faults.ts'

const NOW_MS = Date.parse('2026-03-06T12:00:00Z')
const DAY_MS = 86_400_000

const endpoint: Endpoint = {
  id: 'whk_1',
  url: 'https://example.com/hook',
  events: ['*'],
  description: null,
  state: 'enabled',
  secretSealed: 'sealed-1',
  formerSecret: null,
  failingSinceMs: null,
  createdAtMs: NOW_MS,
}

describe('an event pattern', () => {
  test('is *, a type of the contract, or a noun of one with .*', () => {
    const nouns = ['license.*', 'activation.*', 'customer.*', 'webhook.*']
    for (const pattern of ['*', ...nouns, ...eventTypes]) {
      expect([pattern, isEventPattern(pattern)]).toEqual([pattern, true])
    }
    for (const text of ['', '**', '.*', '*.created', 'license', 'license.', 'lic.*', 'License.*']) {
      expect([text, isEventPattern(text)]).toEqual([text, false])
    }
  })

  const cases: [readonly string[], string, boolean][] = [
    [['*'], 'webhook.disabled', true],
    [['license.*'], 'license.created', true],
    [['license.*'], 'activation.created', false],
    [['license.*'], 'licenses.created', false],
    [['license.created'], 'license.created', true],
    [['license.created'], 'license.renewed', false],
    [['activation.*', 'license.renewed'], 'license.renewed', true],
    [[], 'license.created', false],
  ]
  test.each(cases)('of %j for %s matches: %p', (patterns, type, matches) => {
    expect(matchesPattern(patterns, type)).toBe(matches)
  })
})

describe('a secret', () => {
  test('is whsec_ and the base64 of 32 bytes, never of fewer', () => {
    expect(createSecret(new Uint8Array(32).fill(255))).toBe(`whsec_${'/'.repeat(42)}8=`)
    expect(() => createSecret(new Uint8Array(31))).toThrow()
  })

  test('signs beside its successor for 24 hours', () => {
    const rotated = decideRotation(endpoint, 'sealed-2', NOW_MS)
    expect(signingSecrets(endpoint, NOW_MS)).toEqual(['sealed-1'])
    expect(signingSecrets(rotated, NOW_MS)).toEqual(['sealed-2', 'sealed-1'])
    expect(signingSecrets(rotated, NOW_MS + DAY_MS - 1)).toEqual(['sealed-2', 'sealed-1'])
    expect(signingSecrets(rotated, NOW_MS + DAY_MS)).toEqual(['sealed-2'])
  })

  test('ends its overlap when another rotation follows', () => {
    const twice = decideRotation(decideRotation(endpoint, 'sealed-2', NOW_MS), 'sealed-3', NOW_MS)
    expect(signingSecrets(twice, NOW_MS)).toEqual(['sealed-3', 'sealed-2'])
  })
})

describe('a signature', () => {
  afterEach(() => setSystemTime())

  const body = '{"type":"license.created","data":{"name":"Zoë 🗝"}}'
  const secrets = [
    createSecret(new Uint8Array(32).fill(1)),
    createSecret(new Uint8Array(32).fill(2)),
  ]
  const headersFor = (signing: readonly string[]) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(NOW_MS / 1000),
    'webhook-signature': signatureHeader(signing, 'evt_1', NOW_MS / 1000, body),
  })

  test('is verified by the standardwebhooks library, with either secret of a rotation', () => {
    setSystemTime(NOW_MS)
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headersFor(secrets))).toEqual(JSON.parse(body))
    }
  })

  test('covers id, time and body', () => {
    setSystemTime(NOW_MS)
    const [secret = ''] = secrets
    const webhook = new Webhook(secret)
    const headers = headersFor([secret])
    expect(() => webhook.verify(`${body} `, headers)).toThrow()
    expect(() => webhook.verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow()
    const later = String(NOW_MS / 1000 + 1)
    expect(() => webhook.verify(body, { ...headers, 'webhook-timestamp': later })).toThrow()
  })
})

describe('pausing and resuming', () => {
  const failing = { failingSinceMs: NOW_MS - DAY_MS }
  const cases: [EndpointState, boolean, EndpointState, number | null][] = [
    ['enabled', true, 'enabled', failing.failingSinceMs],
    ['enabled', false, 'paused', failing.failingSinceMs],
    ['paused', false, 'paused', failing.failingSinceMs],
    ['paused', true, 'enabled', null],
    ['disabled_gone', false, 'paused', failing.failingSinceMs],
    ['disabled_gone', true, 'enabled', null],
    ['disabled_failing', true, 'enabled', null],
  ]
  test.each(cases)('%s set to %p is %s', (state, isEnabled, nextState, failingSinceMs) => {
    const next = decideEnabled({ ...endpoint, ...failing, state }, isEnabled)
    expect(next).toEqual({ ...endpoint, state: nextState, failingSinceMs })
  })
})

describe('the URL of an endpoint', () => {
  const guardOf = (exempt: readonly string[]): AddressGuard => ({
    hasExemptions: exempt.length > 0,
    judge: (address) => {
      if (exempt.includes(address)) return 'exempt'
      return address === '93.184.216.34' ? 'public' : 'refused'
    },
  })
  const strict = guardOf([])
  const lenient = guardOf(['10.0.0.1', 'fd00::1'])

  const accepted: [string, AddressGuard, string][] = [
    ['https://example.com/hook?a=1', strict, 'https://example.com/hook?a=1'],
    ['HTTPS://Example.COM:443', strict, 'https://example.com/'],
    ['https://münchen.de/', strict, 'https://xn--mnchen-3ya.de/'],
    ['https://93.184.216.34:8443/', strict, 'https://93.184.216.34:8443/'],
    ['https://10.0.0.1/', lenient, 'https://10.0.0.1/'],
    ['http://10.0.0.1/', lenient, 'http://10.0.0.1/'],
    ['http://0x0a.1/', lenient, 'http://10.0.0.1/'],
    ['http://[fd00::1]/', lenient, 'http://[fd00::1]/'],
    ['http://crm.intranet/', lenient, 'http://crm.intranet/'],
  ]
  test.each(accepted)('%s is accepted', (text, guard, href) => {
    expect(parseEndpointUrl(text, guard)).toBe(href)
  })

  const refused: [string, AddressGuard, string][] = [
    ['', strict, 'Give a whole URL'],
    ['example.com/hook', strict, 'Give a whole URL'],
    ['https://', strict, 'Give a whole URL'],
    [`https://example.com/${'a'.repeat(2048)}`, strict, 'at most 2048'],
    [`https://example.com/${'ü'.repeat(400)}`, strict, 'at most 2048'],
    ['ftp://example.com/', strict, 'https://'],
    ['file:///etc/passwd', strict, 'https://'],
    ['https://user@example.com/', strict, 'user name'],
    ['https://:secret@example.com/', strict, 'user name'],
    ['https://example.com/#top', strict, '#'],
    ['http://example.com/', strict, 'Use https'],
    ['http://93.184.216.34/', lenient, 'Use https'],
    ['https://10.0.0.1/', strict, 'not public'],
    ['https://167772161/', strict, 'not public'],
    ['https://[::ffff:10.0.0.1]/', strict, 'not public'],
    ['http://10.0.0.2/', lenient, 'not public'],
  ]
  test.each(refused)('%s is refused, saying what to do', (text, guard, words) => {
    const read = () => parseEndpointUrl(text, guard)
    expect(read).toThrow(Fault)
    expect(read).toThrow(words)
  })
})
