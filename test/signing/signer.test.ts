import { describe, expect, test } from 'bun:test'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { decideKeyRevocation, decideRotation, type SigningKey } from '~/domain/signing-keys.ts'
import type { AnswerClaims } from '~/domain/tokens.ts'
import { createSigner } from '~/signing/signer.ts'
import { contextAt } from '../store/contract/stores.ts'
import { openTestDeps } from '../support/deps.ts'
import { startMs } from '../support/samples.ts'
import { openToken } from '../support/tokens.ts'

const START_SECONDS = startMs / 1000

const claims: AnswerClaims = {
  aud: 'default',
  sub: 'lic_a',
  valid: false,
  error: 'LICENSE_REVOKED',
  message: 'Größe: 100 €',
  non: null,
  req: null,
  rev: 0,
  exp: START_SECONDS + 300,
}

const listStates = ({ signer }: Pick<Deps, 'signer'>) =>
  signer.listPublicKeys().map(({ state }) => state)

const keyOf = ({ signer }: Pick<Deps, 'signer'>, state: string) =>
  signer.listPublicKeys().find((key) => key.state === state)

const rotate = ({ store, signer }: Deps, nowMs = startMs) =>
  store.signingKeys.change(contextAt(nowMs), (keys) =>
    decideRotation(keys, signer.createKeyPair, nowMs),
  )

const createSecond = ({ store, vault, randomBytes }: Deps) =>
  createSigner({ store, vault, randomBytes, publicUrl: null, onError: () => undefined })

describe('tokens', () => {
  test('signer: another library verifies a token, whose header names the active key', async () => {
    await using opened = await openTestDeps()
    const { deps } = opened
    const active = keyOf(deps, 'active')
    const token = deps.signer.sign('licet-answer+jwt', claims, startMs + 999)
    const { header, claims: read } = await openToken(token, active?.x ?? '')
    expect(Object.entries(header)).toEqual([
      ['alg', 'EdDSA'],
      ['kid', active?.kid],
      ['typ', 'licet-answer+jwt'],
    ])
    expect(read).toEqual({
      ...claims,
      iss: 'licet',
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: START_SECONDS,
      nbf: START_SECONDS - 300,
    })
    await expect(openToken(token, keyOf(deps, 'next')?.x ?? '')).rejects.toThrow()
  })

  test('signer: tokens have different IDs unless one is given, and name the public URL', async () => {
    await using opened = await openTestDeps({ publicUrl: 'https://licenses.example.com' })
    const { signer } = opened.deps
    const read = async (given: { jti?: string }) => {
      const token = signer.sign('licet-answer+jwt', { ...claims, ...given }, startMs)
      return (await openToken(token, keyOf(opened.deps, 'active')?.x ?? '')).claims
    }
    expect((await read({ jti: 'given' })).jti).toBe('given')
    const [one, other] = [await read({}), await read({})]
    expect(one.jti).not.toBe(other.jti)
    expect(one.iss).toBe('https://licenses.example.com')
  })

  test('signer: without keys it throws a Fault that says what to do', async () => {
    await using opened = await openTestDeps()
    const signer = createSecond(opened.deps)
    expect(() => signer.sign('licet-answer+jwt', claims, startMs)).toThrow(Fault)
    await signer.load()
    expect(signer.sign('licet-answer+jwt', claims, startMs)).toContain('.')
  })
})

describe('keys', () => {
  test('signer: the first start creates two different keys, and later ones create none', async () => {
    await using opened = await openTestDeps()
    const { deps } = opened
    expect(listStates(deps)).toEqual(['active', 'next'])
    const former = deps.signer.listPublicKeys()
    expect(new Set(former.flatMap(({ kid, x }) => [kid, x])).size).toBe(4)
    await deps.signer.prepare(startMs)
    expect(deps.signer.listPublicKeys()).toEqual(former)
  })

  test('signer: a key was published as next before it signs', async () => {
    await using opened = await openTestDeps()
    const { deps } = opened
    const next = keyOf(deps, 'next')
    await rotate(deps)
    expect(keyOf(deps, 'active')?.kid).toBe(next?.kid ?? '')
    const token = deps.signer.sign('licet-answer+jwt', claims, startMs)
    expect((await openToken(token, next?.x ?? '')).header).toMatchObject({ kid: next?.kid })
    expect(listStates(deps)).toEqual(['retired', 'active', 'next'])
  })

  test('signer: a revoked key signs no more', async () => {
    await using opened = await openTestDeps()
    const { deps } = opened
    const { kid = '' } = keyOf(deps, 'active') ?? {}
    await deps.store.signingKeys.change(contextAt(), (keys) =>
      decideKeyRevocation(keys, { kid, sinceMs: 0 }, deps.signer.createKeyPair, startMs),
    )
    const token = deps.signer.sign('licet-answer+jwt', claims, startMs)
    expect((await openToken(token, keyOf(deps, 'active')?.x ?? '')).header).not.toMatchObject({
      kid,
    })
    expect(listStates(deps)).toEqual(['revoked', 'active', 'next'])
  })

  test('signer: no ID starts with a dash, which the command line would read as an option', async () => {
    await using opened = await openTestDeps()
    const kids = Array.from({ length: 400 }, () => opened.deps.signer.createKeyPair().kid)
    expect(kids.filter((kid) => kid.startsWith('-'))).toEqual([])
  })

  test('signer: a seed is stored only encrypted, and only while its key may sign', async () => {
    await using opened = await openTestDeps()
    const { deps } = opened
    await rotate(deps)
    const stored = await deps.store.signingKeys.list()
    const seeds = stored.map(({ seedSealed }: SigningKey) => seedSealed)
    expect(seeds).toEqual([null, expect.any(String), expect.any(String)])
    const seed = deps.vault.open('signing-seed', seeds[1] ?? '')
    expect(seed).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify([stored, opened.logLines])).not.toContain(seed)
  })

  test.each([
    ['is damaged', () => 'AAAA'],
    ['is missing', () => null],
    ['belongs to another key', (other: SigningKey | undefined) => other?.seedSealed ?? null],
  ])(
    'signer: a private key that %s signs nothing, is reported, and can be replaced',
    async (_name, damage) => {
      await using opened = await openTestDeps()
      const { store, vault, randomBytes } = opened.deps
      const errors: unknown[] = []
      const onError = (error: unknown) => errors.push(error)
      await store.signingKeys.change(contextAt(), (keys) => {
        const [active, next] = keys
        const damaged = active === undefined ? [] : [{ ...active, seedSealed: damage(next) }]
        return { action: 'import', kid: active?.kid ?? '', keys: damaged }
      })
      const signer = createSigner({ store, vault, randomBytes, publicUrl: null, onError })
      await signer.prepare(startMs)
      expect(() => signer.sign('licet-answer+jwt', claims, startMs)).toThrow(Fault)
      expect(String(errors)).toContain('licet signing rotate')
      await rotate(opened.deps)
      await signer.load()
      expect(signer.sign('licet-answer+jwt', claims, startMs)).toContain('.')
    },
  )
})
