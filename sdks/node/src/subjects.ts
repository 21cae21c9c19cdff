import type { Context } from './context.ts'
import { type Fingerprint, findFingerprint } from './fingerprints.ts'
import { Keys } from './keys.ts'
import type { Target } from './options.ts'

/** The subject of a call and of its record. */
export interface Subject {
  readonly key: string | null
  readonly product: string | null
  readonly fingerprint: string | null
  readonly domain: string | null
}

const devices = new WeakMap<Context, Promise<Fingerprint>>()

/** Completes a target with the options of the client and the fingerprint of the device. */
export async function resolveSubject(context: Context, target: Target): Promise<Subject> {
  const { key, domain = null, fingerprint } = { ...context.target, ...omitUndefined(target) }
  const namesDevice = domain === null && context.platform.identifiesDevices
  const device = fingerprint === undefined && namesDevice ? await findDevice(context) : null
  return {
    key: key?.trim() ? (Keys.normalize(key) ?? key.trim()) : null,
    product: context.product,
    fingerprint: fingerprint ?? device?.value ?? null,
    domain,
  }
}

/** A blank fingerprint counts as none given. */
function omitUndefined({ key, domain, fingerprint }: Target): Target {
  return {
    ...(key !== undefined && { key }),
    ...(domain !== undefined && { domain }),
    ...(fingerprint?.trim() !== '' && fingerprint !== undefined && { fingerprint }),
  }
}

/** Returns the fingerprint of this device, which stays the same as long as the client. */
export function findDevice(context: Context): Promise<Fingerprint> {
  const { appId, platform, store } = context
  const known = devices.get(context) ?? findFingerprint(appId, platform, store)
  devices.set(context, known)
  return known
}

/** Returns the license key, without which nothing can be asked. */
export function requireKey({ key }: Subject): string {
  if (key !== null) return key
  throw new TypeError('This needs a license key: pass `key` to the client or to the call.')
}
