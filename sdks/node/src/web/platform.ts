import type { Platform } from '../platform.ts'
import { createMemoryStore, type Store } from '../store.ts'

export const webPlatform: Platform = {
  name: 'web',
  identifiesDevices: false,
  async verifySignature(publicKey, message, signature) {
    const { subtle } = globalThis.crypto
    const key = await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return subtle.verify('Ed25519', key, signature, message)
  },
  openStore: (appId) => openLocalStorage(appId) ?? createMemoryStore(),
  findMachineId: async () => null,
  readVariable: () => undefined,
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
