import { createHash, type HashStep, type KeptUse, type Purpose } from './generation.ts'
import { openKept } from './kept-keys.ts'
import { createKeyring, type KeysInUse } from './keyring.ts'
import type { SecretState } from './secret-state.ts'

const FILE_SECRET_BYTES = 16
const noHashes: readonly string[] = []

export type Vault = ReturnType<typeof createVault>

/**
 * Hashes and encrypts with keys that are derived from the master secret. `adopt` is called with what the
 * database says about its secrets, and may change which keys are used.
 */
export function createVault(masterSecret: Uint8Array) {
  const keyring = createKeyring(masterSecret)
  const { own } = keyring
  let keys: KeysInUse = {
    current: own,
    kept: openKept(own, null),
    otherWays: [],
    conversion: null,
  }
  let hashes = openHashes(keys)
  let listOthers = createListHashes(keys.otherWays)

  const vault = {
    /** Returns the HMAC-SHA-256 that a license key is looked up by. */
    hashKey: own.hashKey as (text: string) => string,
    /** Returns the hashes under which a key may be found that is not found under its usual one. */
    listOtherHashes: (text: string) => listOthers(text),
    /** Returns all hashes under which a license may be stored. */
    listHashes: (text: string) => [vault.hashKey(text), ...listOthers(text)],
    hashToken: (text: string) => hashes['hash/token'](text),
    hashRequest: (text: string) => hashes['hash/request'](text),
    hashSession: (text: string) => hashes['hash/session'](text),
    hashSignIn: (text: string) => hashes['hash/sign-in'](text),
    hashSetupLink: (text: string) => hashes['hash/setup-link'](text),
    hashPortal: (text: string) => hashes['hash/portal'](text),
    hashReturnCode: (text: string) => hashes['hash/return-code'](text),
    /** Returns the secret in a license file, 16 bytes, which its return code proves. */
    deriveFileSecret: (fileId: string) =>
      Buffer.from(hashes['hash/file-secret'](fileId), 'base64url').subarray(0, FILE_SECRET_BYTES),
    seal: (purpose: Purpose, text: string) => keys.current.seal(purpose, text),
    open: keyring.open,
    /** Identifies the configured master secret without revealing it. */
    check: own.check,
    /** Returns the check value of the secret that is used at the moment. */
    getCheck: () => keys.current.check,
    /** Returns the change of the secret that is under way; null if none is. */
    getConversion: () => keys.conversion,
    /** Learns a secret that the database may change to. */
    learn: keyring.learn,
    /** Uses the keys of a database. Returns false if they follow from a secret that is not known here. */
    adopt(state: SecretState): boolean {
      const opened = keyring.openKeys(state)
      if (opened === null) return false
      keys = opened
      hashes = openHashes(keys)
      listOthers = createListHashes(keys.otherWays)
      vault.hashKey = keys.current.hashKey
      return true
    },
  }
  return vault
}

function openHashes({ kept }: KeysInUse): Readonly<Record<KeptUse, (text: string) => string>> {
  const hash = (use: KeptUse) => createHash({ prefix: '', key: kept.uses[use] })
  return {
    'hash/token': hash('hash/token'),
    'hash/request': hash('hash/request'),
    'hash/session': hash('hash/session'),
    'hash/sign-in': hash('hash/sign-in'),
    'hash/setup-link': hash('hash/setup-link'),
    'hash/portal': hash('hash/portal'),
    'hash/return-code': hash('hash/return-code'),
    'hash/file-secret': hash('hash/file-secret'),
  }
}

/** Returns a function that lists the hashes of a text, each by several steps. */
function createListHashes(ways: readonly (readonly HashStep[])[]) {
  if (ways.length === 0) return () => noHashes
  const hashes = ways.map((steps) => steps.map(createHash))
  return (text: string): readonly string[] =>
    hashes.map((steps) => steps.reduce((hash, step) => step(hash), text))
}
