import { expect, test } from 'bun:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import {
  checkGrant,
  createToken,
  hasScope,
  isLive,
  scopes,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomBytes = fc.uint8Array({
  minLength: TOKEN_RANDOM_BYTES,
  maxLength: TOKEN_RANDOM_BYTES,
  max: 247,
})

test('api token: licet_, 30 random base62 symbols and their CRC-32 in 6 more', () => {
  fc.assert(
    fc.property(randomBytes, (bytes) => {
      const [, secret = '', check = ''] =
        /^licet_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/.exec(createToken(bytes)) ?? []
      const value = [...check].reduce((sum, symbol) => sum * 62 + BASE62.indexOf(symbol), 0)
      expect(value).toBe(crc32(secret))
    }),
  )
})

test('api token: bytes that would favor some symbols are skipped', () => {
  const biased = [248, 255, 250]
  const bytes = Uint8Array.from([...biased, 0, 61, 62, 247, ...biased, ...Array(26).fill(10)])
  expect(createToken(bytes)).toStartWith(`licet_0z0z${'A'.repeat(26)}`)
})

test('api token: too few unbiased random bytes are an error', () => {
  expect(() => createToken(new Uint8Array(29))).toThrow('30 unbiased')
  expect(() => createToken(new Uint8Array(64).fill(255))).toThrow('30 unbiased')
})

test('api token: uniform bytes yield uniform symbols', () => {
  const counts = new Map<string, number>()
  const every = Array.from({ length: 248 }, (_, value) => value)
  for (let start = 0; start < 248; start += 30) {
    const bytes = Uint8Array.from({ length: 30 }, (_, index) => every[(start + index) % 248] ?? 0)
    for (const symbol of createToken(bytes).slice(6, 36)) {
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
    }
  }
  expect(counts.size).toBe(62)
  expect([...counts.values()].every((count) => count === 4 || count === 5)).toBe(true)
})

test.each([
  [['plans:read'], 'plans:read', true],
  [['plans:read'], 'plans:write', false],
  [['licenses:write'], 'licenses:read', false],
  [['*'], 'customers:erase', true],
  [['*'], '*', true],
  [[], 'plans:read', false],
  [['plans:*'], 'plans:read', false],
])('api key scopes: a key with %j has %s: %p', (held, scope, expected) => {
  expect(hasScope({ scopes: held }, scope)).toBe(expected)
})

test('api key: live until the millisecond of its expiration, exclusive', () => {
  expect(isLive({ expiresAtMs: null }, 5)).toBe(true)
  expect(isLive({ expiresAtMs: 6 }, 5)).toBe(true)
  expect(isLive({ expiresAtMs: 5 }, 5)).toBe(false)
})

test.each([
  [['*'], ['*'], 'granted'],
  [['*'], [...scopes], 'granted'],
  [['keys:write', 'plans:read'], ['plans:read'], 'granted'],
  [['keys:write'], [], 'granted'],
  [['keys:write'], ['plans:read'], 'missing_scope'],
  [['keys:write'], ['keys:write', 'keys:read'], 'missing_scope'],
  [[...scopes], ['*'], 'missing_scope'],
  [['*'], ['plans:delete'], 'validation_failed'],
  [['*'], ['plans:*'], 'validation_failed'],
  [['*'], [''], 'validation_failed'],
  [['*'], ['__proto__'], 'validation_failed'],
])('api key scopes: a key with %j grants %j: %s', (held, granted, outcome) => {
  const grant = () => checkGrant({ scopes: held }, granted)
  if (outcome === 'granted') expect(grant).not.toThrow()
  else expect(grant).toThrow(expect.objectContaining({ kind: outcome }))
})

test('api key scopes: a rejected grant names the scope and points at it', () => {
  expect(() => checkGrant({ scopes: ['keys:write'] }, ['plans:read'])).toThrow('plans:read')
  expect(() => checkGrant({ scopes: ['*'] }, ['plans:read', 'none'])).toThrow(
    expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/scopes/1' })] }),
  )
})
