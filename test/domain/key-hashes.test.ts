import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { formatPendingKey, parseKeyHash } from '~/domain/key-hashes.ts'
import { listKeyReadings } from '~/domain/keys.ts'

const sha256 = createHash('sha256').update('ACME-2019-7f3a9c0b51').digest()

test.each([
  ['hexadecimal', sha256.toString('hex')],
  ['upper-case hexadecimal', sha256.toString('hex').toUpperCase()],
  ['base64', sha256.toString('base64')],
  ['base64 without padding', sha256.toString('base64').replace('=', '')],
  ['base64url', sha256.toString('base64url')],
])('key hashes: a hash in %s is read', (_form, text) => {
  expect(parseKeyHash(text, 'sha256')).toBe(sha256.toString('hex'))
})

test.each([
  ['no hash', 'sha256', ''],
  ['the hash of another algorithm', 'sha1', sha256.toString('hex')],
  ['a hash that was cut off', 'sha256', sha256.toString('hex').slice(1)],
  ['other characters', 'md5', 'g'.repeat(32)],
  ['a salted hash', 'md5', '$2y$10$abcdefghijklmnopqrstuv'],
] as const)('key hashes: %s is none', (_what, algorithm, text) => {
  expect(parseKeyHash(text, algorithm)).toBeNull()
})

test('key hashes: no key reads like the text under which a license waits for its key', () => {
  const pending = formatPendingKey({ name: 'sha256' }, sha256.toString('hex'))
  const texts = [pending, ` ${pending} `, `"${pending}"`, pending.toUpperCase()]
  const readings = texts.flatMap(listKeyReadings)
  expect(readings.every((key) => key.kind === 'unusable' || key.canonical !== pending)).toBe(true)
})
