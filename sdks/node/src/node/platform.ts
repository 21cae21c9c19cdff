import { createPublicKey, verify } from 'node:crypto'
import { toBase64url } from '../bytes.ts'
import type { Platform } from '../platform.ts'
import { createFileStore, findConfigDirectory } from './file-store.ts'
import { findMachineId } from './machine-id.ts'

export const nodePlatform: Platform = {
  name: 'node',
  identifiesDevices: true,
  async verifySignature(publicKey, message, signature) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64url(publicKey) }
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  },
  openStore: (appId) => createFileStore(findConfigDirectory(appId)),
  findMachineId,
  readVariable: (name) => process.env[name],
}
