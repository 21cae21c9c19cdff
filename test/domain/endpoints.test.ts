import { describe, expect, test } from 'bun:test'
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

describe('event pattern', () => {
  test('an event pattern is *, an event type, or a group such as license.*', () => {
    const groups = ['license.*', 'activation.*', 'customer.*', 'webhook.*']
    for (const pattern of ['*', ...groups, ...eventTypes]) {
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
  test.each(cases)('the patterns %j match %s: %p', (patterns, type, matches) => {
    expect(matchesPattern(patterns, type)).toBe(matches)
  })
})

describe('webhook secret', () => {
  test('a webhook secret is whsec_ and the base64 of exactly 32 bytes', () => {
    expect(createSecret(new Uint8Array(32).fill(255))).toBe(`whsec_${'/'.repeat(42)}8=`)
    expect(() => createSecret(new Uint8Array(31))).toThrow()
  })

  test('a rotated webhook secret stays valid for 24 hours', () => {
    const rotated = decideRotation(endpoint, 'sealed-2', NOW_MS)
    expect(signingSecrets(endpoint, NOW_MS)).toEqual(['sealed-1'])
    expect(signingSecrets(rotated, NOW_MS)).toEqual(['sealed-2', 'sealed-1'])
    expect(signingSecrets(rotated, NOW_MS + DAY_MS - 1)).toEqual(['sealed-2', 'sealed-1'])
    expect(signingSecrets(rotated, NOW_MS + DAY_MS)).toEqual(['sealed-2'])
  })

  test('a second rotation ends the overlap of the first', () => {
    const twice = decideRotation(decideRotation(endpoint, 'sealed-2', NOW_MS), 'sealed-3', NOW_MS)
    expect(signingSecrets(twice, NOW_MS)).toEqual(['sealed-3', 'sealed-2'])
  })
})

describe('pause and resume', () => {
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
  test.each(cases)(
    'an endpoint in state %s set to enabled: %p becomes %s',
    (state, isEnabled, nextState, failingSinceMs) => {
      const next = decideEnabled({ ...endpoint, ...failing, state }, isEnabled)
      expect(next).toEqual({ ...endpoint, state: nextState, failingSinceMs })
    },
  )
})

describe('endpoint URL', () => {
  const guardThatAllows = (allowed: readonly string[]): AddressGuard => ({
    hasAllowedRanges: allowed.length > 0,
    classify: (address) => {
      if (allowed.includes(address)) return 'allowed'
      return address === '93.184.216.34' ? 'public' : 'refused'
    },
  })
  const strict = guardThatAllows([])
  const lenient = guardThatAllows(['10.0.0.1', 'fd00::1'])

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
  test.each(accepted)('endpoint URL %s is accepted', (text, guard, href) => {
    expect(parseEndpointUrl(text, guard)).toBe(href)
  })

  const refused: [string, AddressGuard, string][] = [
    ['', strict, 'Use a full URL'],
    ['example.com/hook', strict, 'Use a full URL'],
    ['https://', strict, 'Use a full URL'],
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
  test.each(refused)('endpoint URL %s is refused with advice', (text, guard, words) => {
    const read = () => parseEndpointUrl(text, guard)
    expect(read).toThrow(Fault)
    expect(read).toThrow(words)
  })
})
