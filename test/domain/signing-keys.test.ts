import { expect, test } from 'bun:test'
import {
  decideExport,
  decideImport,
  decideInitialKeys,
  decideKeyRevocation,
  decideRotation,
  type KeyPair,
  type SigningKey,
  type SigningKeyDecision,
} from '~/domain/signing-keys.ts'

const NOW_MS = 1000

const pair = (kid: string): KeyPair => ({
  kid,
  publicKey: `x of ${kid}`,
  seedSealed: `seed of ${kid}`,
})

/** Returns a function that creates the key pairs `new-1`, `new-2` and so on. */
function createPairs(): () => KeyPair {
  let count = 0
  return () => {
    count += 1
    return pair(`new-${count}`)
  }
}

const aKey = (kid: string, facts: Partial<SigningKey>): SigningKey => ({
  ...pair(kid),
  state: 'active',
  createdAtMs: 0,
  activatedAtMs: 0,
  retiredAtMs: null,
  revokedAtMs: null,
  revokedSinceMs: null,
  ...facts,
})

const active = aKey('active', {})
const next = aKey('next', { state: 'next', activatedAtMs: null })
const retired = aKey('retired', { state: 'retired', retiredAtMs: 0, seedSealed: null })
const exported = { ...next, seedSealed: null }
const all = [retired, active, next]

const summarize = (decision: SigningKeyDecision | null) =>
  decision?.keys.map(
    ({ kid, state, seedSealed }) => `${kid} ${state}${seedSealed ? '' : ' sealed off'}`,
  )

const revoke = (keys: readonly SigningKey[], kid: string, sinceMs = 0) =>
  decideKeyRevocation(keys, { kid, sinceMs }, createPairs(), NOW_MS)

test.each([
  ['both', [], ['new-1 active', 'new-2 next']],
  ['the next one', [active], ['new-1 next']],
  ['the active one', [retired, next], ['new-1 active']],
] as const)('signing keys: %s is created if it is missing', (_name, keys, expected) => {
  expect(summarize(decideInitialKeys(keys, createPairs(), NOW_MS))).toEqual([...expected])
})

test('signing keys: nothing is created if both exist, even if one was exported', () => {
  expect(decideInitialKeys([active, exported], createPairs(), NOW_MS)).toBeNull()
})

test('signing keys: a rotation first retires the active key, so that there is never a second one', () => {
  const decision = decideRotation(all, createPairs(), NOW_MS)
  expect(summarize(decision)).toEqual(['active retired sealed off', 'next active', 'new-1 next'])
  expect(decision.kid).toBe('next')
  expect(decision.keys).toMatchObject([
    { retiredAtMs: NOW_MS },
    { activatedAtMs: NOW_MS },
    { createdAtMs: NOW_MS, activatedAtMs: null },
  ])
})

test.each([
  ['active', ['active revoked sealed off', 'next active', 'new-1 next']],
  ['next', ['next revoked sealed off', 'new-1 next']],
  ['retired', ['retired revoked sealed off']],
])('signing keys: revoking the %s key replaces it as needed', (kid, expected) => {
  const decision = revoke(all, kid, 7)
  expect(summarize(decision)).toEqual(expected)
  expect(decision.keys[0]).toMatchObject({ revokedAtMs: NOW_MS, revokedSinceMs: 7 })
})

test.each([
  [5, 5],
  [9, 7],
])(
  'signing keys: a key that is revoked since 7 and again since %d is revoked since %d',
  (again, since) => {
    const revoked = { ...retired, state: 'revoked', revokedAtMs: 1, revokedSinceMs: 7 } as const
    expect(revoke([revoked, active, next], 'retired', again).keys).toEqual([
      { ...revoked, revokedSinceMs: since },
    ])
  },
)

test.each([
  ['a rotation', () => decideRotation([active, exported], createPairs(), NOW_MS)],
  ['revoking the active key', () => revoke([active, exported], 'active')],
])('signing keys: %s is refused while the next private key is elsewhere', (_name, decide) => {
  expect(decide).toThrow('licet signing import-next FILE')
})

test('signing keys: a lost next key can be revoked, and then rotation works', () => {
  const { keys } = revoke([active, exported], 'next')
  expect(summarize({ action: 'revoke', kid: '', keys })).toEqual([
    'next revoked sealed off',
    'new-1 next',
  ])
  expect(() => decideRotation([active, ...keys], createPairs(), NOW_MS)).not.toThrow()
})

test('signing keys: an export deletes the private key only if asked to', () => {
  expect(decideExport(all, 'next', false).keys).toEqual([])
  expect(decideExport(all, 'next', true).keys).toEqual([exported])
  expect(() => decideExport(all, 'active', true)).toThrow('has changed meanwhile')
})

test('signing keys: an import accepts only the private key of the next key', () => {
  expect(decideImport([active, exported], pair('next')).keys).toEqual([next])
  expect(() => decideImport(all, pair('active'))).toThrow('but next is next')
  expect(() => decideImport(all, pair('another'))).toThrow('but next is next')
})

test('signing keys: an unknown key cannot be revoked', () => {
  expect(() => revoke(all, 'another')).toThrow('There is no signing key another.')
})
