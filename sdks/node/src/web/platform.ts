import type { Platform } from '../platform.ts'
import { createMemoryStore, type Store } from '../store.ts'
import { verifyEd25519 } from './ed25519.ts'

export const webPlatform: Platform = {
  name: 'web',
  identifiesDevices: false,
  async verifySignature(publicKey, message, signature) {
    const key = await importKey(publicKey)
    if (key === null) return verifyEd25519(publicKey, message, signature)
    return globalThis.crypto.subtle.verify('Ed25519', key, signature, message)
  },
  openStore: (appId) => openLocalStorage(appId) ?? createMemoryStore(),
  findMachineId: async () => null,
  readVariable: () => undefined,
}

/** Returns null if the browser does not know Ed25519, or has no cryptography without HTTPS. */
async function importKey(publicKey: Uint8Array<ArrayBuffer>): Promise<CryptoKey | null> {
  try {
    return await globalThis.crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
  } catch {
    return null
  }
}

/** Returns null in Workers, and where the browser blocks the storage of a page. */
function openLocalStorage(appId: string): Store | null {
  try {
    const storage = globalThis.localStorage
    if (!storage) return null
    const locate = (name: string) => `${appId}/${name}`
    return {
      get: (name) => storage.getItem(locate(name)),
      put: (name, text) => storage.setItem(locate(name), text),
      delete: (name) => storage.removeItem(locate(name)),
    }
  } catch {
    return null
  }
}
