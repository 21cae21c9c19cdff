import { describe, expect, test } from 'bun:test'
import { createVault, type Vault } from '~/platform/vault.ts'

const secret = (byte: number) => new Uint8Array(32).fill(byte)
const vault = createVault(secret(1))
const other = createVault(secret(2))

const hashes: Record<string, (of: Vault) => string> = {
  hashKey: (of) => of.hashKey('text'),
  hashToken: (of) => of.hashToken('text'),
  hashRequest: (of) => of.hashRequest('text'),
  check: (of) => of.check,
}
const purposes = ['license-key', 'kept-answer', 'webhook-secret'] as const

describe('vault hash', () => {
  test.each(Object.entries(hashes))(
    'vault: %s is 32 bytes and depends on the secret',
    (_name, hash) => {
      expect(hash(vault)).toMatch(/^[\w-]{43}$/)
      expect(hash(vault)).toBe(hash(createVault(secret(1))))
      expect(hash(vault)).not.toBe(hash(other))
    },
  )

  test('vault: hashes differ by text and by use', () => {
    expect(new Set(Object.values(hashes).map((hash) => hash(vault))).size).toBe(4)
    expect(vault.hashKey('a')).not.toBe(vault.hashKey('b'))
  })

  test('vault: the check value does not contain the secret', () => {
    const bytes = Buffer.from(vault.check, 'base64url')
    expect(bytes.includes(Buffer.from(secret(1)))).toBe(false)
  })

  test('vault: hashes never change between versions, because databases contain them', () => {
    expect(vault.hashKey('TO-7Q4M-X0ZD-9KTB-2FWA')).toBe(
      'F8fG2QsvQYOV9gJYr7T7Or8zgJsi5ejOtfav5q9xdbc',
    )
    expect(vault.check).toBe('0z9yvxLaSpC1aGq3HAElTQccj2rH5EMXdb9bWWcfKkM')
  })
})

describe('sealed text', () => {
  test.each(['', 'TO-7Q4M-X0ZD-9KTB-2FWA', 'Zürich 🔑', 'x'.repeat(100_000)])(
    'vault: a sealed text can be opened: %#',
    (text) => {
      for (const purpose of purposes)
        expect(vault.open(purpose, vault.seal(purpose, text))).toBe(text)
    },
  )

  test('vault: a sealed text does not contain the text and is never the same twice', () => {
    const sealed = Array.from({ length: 100 }, () => vault.seal('license-key', 'the same text'))
    expect(new Set(sealed).size).toBe(100)
    for (const one of sealed) {
      expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('same')
    }
  })

  test('vault: a sealed text cannot be opened for another purpose or with another secret', () => {
    const sealed = vault.seal('license-key', 'text')
    expect(() => vault.open('kept-answer', sealed)).toThrow()
    expect(() => vault.open('webhook-secret', sealed)).toThrow()
    expect(() => other.open('license-key', sealed)).toThrow()
  })

  test('vault: a sealed text with a changed, missing or added byte cannot be opened', () => {
    const bytes = Buffer.from(vault.seal('license-key', 'text'), 'base64url')
    const altered = Array.from(bytes, (byte, index) => {
      const copy = Buffer.from(bytes)
      copy[index] = byte ^ 1
      return copy
    })
    const shortened = Array.from(bytes, (_, length) => bytes.subarray(0, length))
    for (const wrong of [...altered, ...shortened, Buffer.concat([bytes, Buffer.of(0)])]) {
      expect(() => vault.open('license-key', wrong.toString('base64url'))).toThrow()
    }
  })
})
