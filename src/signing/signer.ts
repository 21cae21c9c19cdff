import type { KeyObject } from 'node:crypto'
import { assert } from '~/assert.ts'
import { startActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import {
  decideInitialKeys,
  findKey,
  type KeyPair,
  type SigningKey,
  type SigningKeyState,
} from '~/domain/signing-keys.ts'
import {
  buildCommonClaims,
  type ClaimsOf,
  formatTokenId,
  TOKEN_ID_BYTES,
  type TokenType,
} from '~/domain/tokens.ts'
import type { Vault } from '~/platform/vault.ts'
import type { Store } from '~/store/port.ts'
import { signToken } from './jws.ts'
import { computeKid, SEED_BYTES, toPrivateKey, toPublicText } from './keys.ts'

/** A public key as apps pin it, with its state. */
export interface PublicKey {
  readonly kid: string
  /** The 32 bytes in base64url. */
  readonly x: string
  readonly state: SigningKeyState
  /** Set once it is revoked: tokens issued at this time or later are void. */
  readonly revokedSinceMs: number | null
}

/** Signs tokens with the active key, as JWS in compact form (RFC 7515). */
export interface Signer {
  /**
   * Returns the signed token. Adds `iss`, `iat`, `nbf`, and a random `jti` unless one is given. Throws
   * a Fault `unavailable` if there is no active key.
   */
  sign<Type extends TokenType>(
    type: Type,
    claims: ClaimsOf[Type] & { readonly jti?: string },
    nowMs: number,
  ): string
  /** Lists all keys, oldest first. */
  listPublicKeys(): readonly PublicKey[]
  /** Returns a new key pair, which is not stored yet. */
  createKeyPair(): KeyPair
  /** Reads the keys. Later changes, also by other processes, are noticed. */
  load(): Promise<void>
  /** Also creates the active and the next key if they are missing. */
  prepare(nowMs: number): Promise<void>
}

export interface SignerOptions {
  readonly store: Pick<Store, 'signingKeys' | 'subscribe'>
  readonly vault: Pick<Vault, 'seal' | 'open'>
  readonly randomBytes: (count: number) => Uint8Array
  /** For the claim `iss`, which is informative. */
  readonly publicUrl: string | null
  readonly onError: (error: unknown) => void
}

interface Ring {
  readonly publicKeys: readonly PublicKey[]
  readonly active: { readonly kid: string; readonly privateKey: KeyObject } | null
}

/** Creates a signer, which has no keys before `load` or `prepare`. */
export function createSigner(options: SignerOptions): Signer {
  const { store, vault, randomBytes, publicUrl, onError } = options
  let ring: Ring = { publicKeys: [], active: null }

  async function load(): Promise<void> {
    ring = buildRing(await store.signingKeys.list(), ring, options)
  }

  function createKeyPair(): KeyPair {
    const pair = sealSeed(vault, randomBytes(SEED_BYTES))
    // On the command line, it would look like an option.
    return pair.kid.startsWith('-') ? createKeyPair() : pair
  }

  store.subscribe(({ touchesSigningKeys }) => {
    if (touchesSigningKeys) void load().catch(onError)
  })
  return {
    sign: (type, claims, nowMs) => {
      if (ring.active === null) {
        const detail =
          'There is no signing key that can be read. See its state with: licet signing keys'
        throw new Fault('unavailable', detail)
      }
      const jti = claims.jti ?? formatTokenId(randomBytes(TOKEN_ID_BYTES))
      const common = buildCommonClaims(publicUrl ?? 'licet', jti, nowMs)
      return signToken(ring.active, type, { ...common, ...claims })
    },
    listPublicKeys: () => ring.publicKeys,
    createKeyPair,
    load,
    prepare: async (nowMs) => {
      await load()
      const states = ring.publicKeys.map(({ state }) => state)
      if (states.includes('active') && states.includes('next')) return
      const context = buildOwnContext(startActor, nowMs)
      await store.signingKeys.change(context, (keys) =>
        decideInitialKeys(keys, createKeyPair, nowMs),
      )
      await load()
    },
  }
}

/** Returns the key pair of a seed, with the seed encrypted. */
export function sealSeed(vault: Pick<Vault, 'seal'>, seed: Uint8Array): KeyPair {
  const publicKey = toPublicText(toPrivateKey(seed))
  const seedSealed = vault.seal('signing-seed', Buffer.from(seed).toString('base64url'))
  return { kid: computeKid(publicKey), publicKey, seedSealed }
}

/** Returns the private key of a key whose seed is in the database. */
export function openSeed(vault: Pick<Vault, 'open'>, seedSealed: string): KeyObject {
  return toPrivateKey(Buffer.from(vault.open('signing-seed', seedSealed), 'base64url'))
}

/** A key that cannot be read stops signatures, but not the server: most apps need none. */
function buildRing(
  keys: readonly SigningKey[],
  former: Ring,
  { vault, onError }: Pick<SignerOptions, 'vault' | 'onError'>,
): Ring {
  const publicKeys = keys.map(({ kid, publicKey: x, state, revokedSinceMs }) => ({
    kid,
    x,
    state,
    revokedSinceMs,
  }))
  const active = findKey(keys, 'active')
  if (active === undefined) return { publicKeys, active: null }
  if (former.active?.kid === active.kid) return { publicKeys, active: former.active }
  try {
    return { publicKeys, active: { kid: active.kid, privateKey: openKey(vault, active) } }
  } catch (cause) {
    const advice = 'Restore a backup, or replace the key: licet signing rotate'
    onError(new Error(`The signing key ${active.kid} cannot be read. ${advice}`, { cause }))
    return { publicKeys, active: null }
  }
}

function openKey(vault: Pick<Vault, 'open'>, { seedSealed, publicKey }: SigningKey): KeyObject {
  assert(seedSealed !== null, 'the private key of the active key is in the database')
  const privateKey = openSeed(vault, seedSealed)
  assert(toPublicText(privateKey) === publicKey, 'a private key belongs to its public key')
  return privateKey
}
