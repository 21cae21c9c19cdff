import { afterAll, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createScratchDirectory } from '../support/scratch.ts'
import { problemOf, read } from './problems.ts'

const seed = Buffer.alloc(32, 7)
const digits = seed.toString('hex')
const directory = createScratchDirectory()
afterAll(() => rmSync(directory, { recursive: true }))

function pemOf(type: 'ed25519' | 'x25519'): { pem: string; seed: Buffer } {
  const { privateKey } = generateKeyPairSync(type as 'ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { pem, seed: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url') }
}

test('config: by default, responses in the format of Keygen are not signed', () => {
  expect(read({}).secrets.keygenSeed).toBeNull()
})

test('config: LICET_KEYGEN_PRIVATE_KEY is 64 hexadecimal digits, as Keygen stores it, or PEM', () => {
  const { pem, seed: seedOfPem } = pemOf('ed25519')
  const seedOf = (text: string) => read({ LICET_KEYGEN_PRIVATE_KEY: text }).secrets.keygenSeed
  expect(seedOf(digits)).toEqual(seed)
  expect(seedOf(` ${digits.toUpperCase()}\n`)).toEqual(seed)
  expect(seedOf(pem)).toEqual(seedOfPem)
})

test('config: LICET_KEYGEN_PRIVATE_KEY_FILE is a file with the key, and the key itself comes first', () => {
  const path = join(directory, 'keygen.key')
  writeFileSync(path, `${digits}\n`)
  const file = { LICET_KEYGEN_PRIVATE_KEY_FILE: path }
  expect(read(file).secrets.keygenSeed).toEqual(seed)
  const both = { ...file, LICET_KEYGEN_PRIVATE_KEY: '08'.repeat(32) }
  expect(read(both).secrets.keygenSeed).toEqual(Buffer.alloc(32, 8))
})

test('config: the key that signs in the format of Keygen is never shown', () => {
  const { config, variables } = read({ LICET_KEYGEN_PRIVATE_KEY: digits })
  expect(JSON.stringify({ config, variables })).not.toContain(digits)
  expect(variables.find(({ name }) => name === 'LICET_KEYGEN_PRIVATE_KEY')?.value).toBe('set')
})

test.each([digits.slice(2), `${digits}00`, 'secret', pemOf('x25519').pem])(
  'config: LICET_KEYGEN_PRIVATE_KEY of another form is rejected without being shown',
  (text) => {
    const problem = problemOf({ LICET_KEYGEN_PRIVATE_KEY: text })
    expect(problem).toStartWith('LICET_KEYGEN_PRIVATE_KEY must be the Ed25519 private key')
    expect(problem).not.toContain(text)
  },
)

test('config: LICET_KEYGEN_PRIVATE_KEY_FILE must exist and contain a key', () => {
  const file = { LICET_KEYGEN_PRIVATE_KEY_FILE: join(directory, 'missing.key') }
  expect(problemOf(file)).toContain('cannot be read')
  const path = join(directory, 'empty.key')
  writeFileSync(path, '')
  const problem = problemOf({ LICET_KEYGEN_PRIVATE_KEY_FILE: path })
  expect(problem).toStartWith('LICET_KEYGEN_PRIVATE_KEY_FILE must contain the Ed25519 private key')
})
