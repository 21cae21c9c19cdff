import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { toStoredKey } from '~/domain/compat/keygen-keys.ts'
import { parseKey } from '~/domain/keys.ts'

test('Keygen: a key that Licet can store stays as it is', () => {
  for (const key of ['6B0B38-F0F4-4FA4-BF58-4CE7D2-V3', 'x'.repeat(255)]) {
    expect(toStoredKey(` ${key}\n`)).toBe(key)
  }
})

test('Keygen: a signed key that is too long is stored as its hash, which is a usable key', () => {
  const key = `key/${'QUJD'.repeat(80)}.${'c2ln'.repeat(22)}==`
  const hash = createHash('sha256').update(key).digest('hex')
  expect(toStoredKey(key)).toBe(`keygen-sha256-${hash}`)
  expect(parseKey(toStoredKey(key)).kind).toBe('imported')
})
