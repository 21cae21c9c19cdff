import { describe, expect, test } from 'bun:test'
import { deriveGeneration } from '~/platform/generation.ts'
import { planRotation } from '~/platform/kept-keys.ts'
import type { Rotation, SecretState } from '~/platform/secret-state.ts'
import { createVault, type Vault } from '~/platform/vault.ts'

const KEY = 'TO-7Q4M-X0ZD-9KTB-2FWA'
const secretOf = (round: number) => new Uint8Array(32).fill(round + 1)
const first: SecretState = {
  check: createVault(secretOf(0)).check,
  kept: null,
  rotation: null,
}

/** Begins the rotation from the secret of a round to the next one. */
function begin(state: SecretState, round: number, isShared = true): Rotation {
  const former = deriveGeneration(secretOf(round), state.kept === null)
  const next = deriveGeneration(secretOf(round + 1), false)
  return planRotation(state, former, next, { id: `r${round}`, startedAtMs: 0, isShared })
}

const end = ({ nextCheck: check, keptSealed: kept }: Rotation): SecretState => ({
  check,
  kept,
  rotation: null,
})

function openVault(round: number, state: SecretState): Vault {
  const vault = createVault(secretOf(round))
  expect(vault.adopt(state)).toBe(true)
  return vault
}

const keptHashes = (vault: Vault) => [
  vault.hashToken('text'),
  vault.hashRequest('text'),
  vault.hashSession('text'),
  vault.hashSignIn('text'),
  vault.hashSetupLink('text'),
  vault.hashPortal('text'),
  vault.hashReturnCode('text'),
  vault.deriveFileSecret('file').toString('hex'),
]

describe('keyring', () => {
  test('vault: hashes of texts that are not stored are the same after several rotations', () => {
    let state = first
    const before = keptHashes(openVault(0, first))
    for (let round = 0; round < 3; round += 1) {
      state = end(begin(state, round))
      expect(keptHashes(openVault(round + 1, state))).toEqual(before)
    }
  })

  test('vault: a database that was never rotated is hashed and encrypted as before', () => {
    const vault = openVault(0, first)
    expect(vault.hashKey(KEY)).toBe(createVault(secretOf(0)).hashKey(KEY))
    expect(vault.listOtherHashes(KEY)).toEqual([])
    expect(vault.seal('license-key', KEY)).not.toContain('.')
  })

  test.each([0, 1])(
    'vault: during a rotation, a process with either secret opens and finds what any other has written: %p',
    (own) => {
      const rotation = begin(first, 0)
      const announced = { ...first, rotation }
      const converting = { ...first, rotation: { ...rotation, stage: 'converting' as const } }
      const written = [openVault(0, first), openVault(0, announced), openVault(1, converting)]
      for (const state of [announced, converting]) {
        const vault = openVault(own, state)
        for (const writer of written) {
          expect(vault.open('license-key', writer.seal('license-key', KEY))).toBe(KEY)
          expect(vault.listHashes(KEY)).toContain(writer.hashKey(KEY))
        }
      }
    },
  )

  test('vault: hashes of keys whose text is not known are followed through each rotation', () => {
    let state = first
    let hash = openVault(0, first).hashKey(KEY)
    for (let round = 0; round < 3; round += 1) {
      state = end(begin(state, round))
      hash = deriveGeneration(secretOf(round + 1), false).wrapHash(hash)
      expect(openVault(round + 1, state).listOtherHashes(KEY)).toContain(hash)
    }
  })

  test('vault: after a rotation, the former secret opens nothing, and is not known to be another', () => {
    const rotation = begin(first, 0)
    const vault = openVault(1, end(rotation))
    const former = createVault(secretOf(0))
    expect(former.adopt(end(rotation))).toBe(false)
    const sealed = vault.seal('license-key', KEY)
    expect(() => former.open('license-key', sealed)).toThrow()
    const bare = sealed.slice(sealed.indexOf('.') + 1)
    expect(() => former.open('license-key', bare)).toThrow()
    expect(() => former.open('kept-keys', rotation.keptSealed)).toThrow()
  })

  test('vault: without servers, the former secret does not reveal the next one during a rotation', () => {
    const rotation = begin(first, 0, false)
    const former = createVault(secretOf(0))
    expect(former.adopt({ ...first, rotation })).toBe(false)
    former.learn(secretOf(1))
    expect(former.adopt({ ...first, rotation })).toBe(true)
  })

  test('vault: a command that knows the next secret opens what servers have encrypted with it, before it has looked at the database again', () => {
    const server = openVault(1, end(begin(first, 0)))
    const command = openVault(0, first)
    command.learn(secretOf(1))
    expect(command.open('signing-seed', server.seal('signing-seed', 'seed'))).toBe('seed')
  })

  test('vault: a process that was running for a whole rotation goes on, and still opens what it has read before', () => {
    const vault = openVault(0, first)
    const sealed = vault.seal('license-key', KEY)
    const rotation = begin(first, 0)
    vault.adopt({ ...first, rotation })
    expect(vault.adopt(end(rotation))).toBe(true)
    expect(vault.getConversion()).toBeNull()
    expect(vault.hashKey(KEY)).toBe(openVault(1, end(rotation)).hashKey(KEY))
    expect(vault.open('license-key', sealed)).toBe(KEY)
  })
})
