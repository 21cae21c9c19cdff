import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { isCidr } from '~/domain/cidrs.ts'
import { isLoopbackHost, normalizeHost } from '~/domain/hosts.ts'
import { openCountries } from './countries.ts'

const ADMIN_TOKEN = /^[\x21-\x7e]{24,128}$/
const HOST_NAME = /^[a-z0-9_.-]+$|^\[[0-9a-f:.]+\]$/i
const MASTER_SECRET_BYTES = 32
/** Lemon Squeezy's minimum. Anything shorter is a mistake, such as a comma too many. */
const SIGNING_SECRET = /^[\x21-\x7e]{6,512}$/
const BASE64_SECRET_PREFIX = 'whsec_'
const BASE64 = /^[A-Za-z0-9+/]{4,}={0,2}$/
const MASTER_SECRET_FORMAT = '32 bytes in base64, as printed by: openssl rand -base64 32'

// Each error message follows the name of a variable, so it starts with a verb.

/** Parses 32 bytes in base64 or base64url. Error messages never contain the value. */
export const parseMasterSecret = (text: string) => decodeMasterSecret(text, 'must be')

export const parseMasterSecretFile = (path: string) =>
  decodeMasterSecret(readBytes(path).toString('utf8').trim(), 'must contain')

function decodeMasterSecret(text: string, verb: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const isWhole = `${plain}=` === bytes.toString('base64')
  if (bytes.length === MASTER_SECRET_BYTES && isWhole) return bytes
  throw new Error(`${verb} ${MASTER_SECRET_FORMAT}`)
}

export function parseAdminToken(text: string): string {
  if (ADMIN_TOKEN.test(text)) return text
  throw new Error('must be 24–128 printable ASCII characters without spaces.')
}

export function parseSigningSecret(text: string): string {
  if (SIGNING_SECRET.test(text)) return text
  throw new Error(
    'must be signing secrets of 6–512 printable ASCII characters without spaces, separated by commas.',
  )
}

/** Parses a secret of Standard Webhooks, whose bytes are in base64 after `whsec_`. */
export function parseStandardSecret(text: string): string {
  const secret = parseSigningSecret(text)
  const encoded = secret.slice(BASE64_SECRET_PREFIX.length)
  if (!secret.startsWith(BASE64_SECRET_PREFIX) || BASE64.test(encoded)) return secret
  throw new Error('has a secret that starts with whsec_, but does not continue in base64.')
}

export function parseApiKey(text: string): string {
  if (/^[\x21-\x7e]{8,512}$/.test(text)) return text
  throw new Error('must be an API key of 8–512 printable ASCII characters without spaces.')
}

export function parseInteger(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new Error(`must be a whole number from ${min} to ${max}.`)
  }
}

export function parseWord<const Word extends string>(words: readonly Word[]) {
  return (text: string): Word => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    throw new Error(`must be one of ${words.join(', ')}.`)
  }
}

export function parseList<Item>(parseItem: (text: string) => Item) {
  return (text: string): readonly Item[] => {
    const parts = text.split(',').map((part) => part.trim())
    const items = parts.filter((part) => part !== '').map(parseItem)
    if (items.length === 0) throw new Error('is empty: separate its values by commas.')
    return items
  }
}

export function parseCidr(text: string): string {
  if (isCidr(text)) return text
  throw new Error('must be addresses or ranges such as 10.0.0.0/8,fd00::/8.')
}

const HOST_FORMAT = 'must be a host name or address, without scheme, port or path.'

export function parseHost(text: string): string {
  if (isIP(text) !== 0 || HOST_NAME.test(text)) return text.toLowerCase()
  throw new Error(HOST_FORMAT)
}

/** Parses a host that requests may name, in any spelling. */
export function parseAllowedHost(text: string): string {
  const host = normalizeHost(text)
  if (host !== null) return host
  throw new Error(HOST_FORMAT)
}

/** Parses an address that is shown in messages, so it has no password. */
export function parseUpdateUrl(text: string): string {
  const url = URL.parse(text)
  const isPlain = url?.username === '' && url.password === '' && url.hash === ''
  const isSafe = url?.protocol === 'https:' || (url !== null && isLoopbackHost(url.hostname))
  if (url !== null && isPlain && isSafe && /^https?:$/.test(url.protocol)) return url.href
  throw new Error(
    'must be an https URL without a user name and a password, such as https://example.com/licet/release.json.',
  )
}

export function parseHeaderName(text: string): string {
  if (/^[a-z0-9-]+$/i.test(text)) return text.toLowerCase()
  throw new Error('must be the name of a header, such as cf-ipcountry.')
}

export function parseCertificatePath(path: string): string {
  return checkFile(path, 'a PEM certificate', (bytes) => new X509Certificate(bytes))
}

export function parsePrivateKeyPath(path: string): string {
  return checkFile(path, 'a PEM private key', createPrivateKey)
}

/** Returns whether the key in `keyPath` belongs to the certificate in `certPath`. */
export function isCertificatePair(certPath: string, keyPath: string): boolean {
  const certificate = new X509Certificate(readFileSync(certPath))
  return certificate.checkPrivateKey(createPrivateKey(readFileSync(keyPath)))
}

export function parseCountryDatabasePath(path: string): string {
  return checkFile(path, 'a MaxMind-format database', () => openCountries(path))
}

function checkFile(path: string, expected: string, check: (bytes: Buffer) => unknown): string {
  // It is read again later, when a pipe would be empty or block.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new Error(`must be the path of ${expected}, but ${path} is not a regular file.`)
  }
  const bytes = readBytes(path)
  try {
    check(bytes)
    return path
  } catch {
    throw new Error(`must be the path of ${expected}, but ${path} is not one.`)
  }
}

/** Throws an error that names the file if it cannot be read. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new Error(`points to a file that cannot be read: ${path}`)
  }
}
