import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { isCidr } from '~/domain/cidrs.ts'
import { openCountries } from './countries.ts'

const ADMIN_TOKEN = /^[\x21-\x7e]{24,128}$/
const HOST_NAME = /^[a-z0-9_.-]+$|^\[[0-9a-f:.]+\]$/i
const MASTER_SECRET_BYTES = 32
const CACHE_MAX = 10_000_000
const DAYS_MAX = 36_500

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** What may be seen by anybody who runs the server. Durations carry their unit. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null
  /** Absolute. */
  readonly dataDir: string
  readonly allowedHosts: readonly string[] | null
  readonly trustedProxies: readonly string[]
  readonly countryHeader: string | null
  readonly geoipDbPath: string | null
  readonly ipStorage: 'full' | 'truncated' | 'none'
  readonly historyDays: number
  readonly cacheMax: number
  readonly cacheTtlSeconds: number
  readonly webhookAllowCidrs: readonly string[]
  readonly logLevel: LogLevel
  readonly logFormat: 'json' | 'pretty'
}

/** What must not be seen. `masterSecret` null: use, or make, the one in the data directory. */
export interface Secrets {
  readonly masterSecret: Uint8Array | null
  readonly adminToken: string | null
}

/** Every problem of the environment at once, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Everything that the environment says. */
export type Settings = ReturnType<typeof readConfig>

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the environment once. Throws ConfigError with all that is wrong with it. */
export function readConfig(env: Environment, isTerminal: boolean) {
  const problems: string[] = []
  const known = new Set<string>()

  function read<Value>(name: string, fallback: Value, parse: (text: string) => Value): Value {
    known.add(name)
    const text = env[name]?.trim()
    if (text === undefined || text === '') return fallback
    try {
      return parse(text)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'cannot be read'}`)
      return fallback
    }
  }

  const isSet = (name: string) => (env[name]?.trim() ?? '') !== ''
  const certPath = read<string | null>('LICET_TLS_CERT', null, certificatePath)
  const keyPath = read<string | null>('LICET_TLS_KEY', null, privateKeyPath)
  if (isSet('LICET_TLS_CERT') !== isSet('LICET_TLS_KEY')) {
    problems.push('LICET_TLS_CERT and LICET_TLS_KEY go together: set both or neither')
  } else if (certPath !== null && keyPath !== null && !isPair(certPath, keyPath)) {
    problems.push('LICET_TLS_KEY is not the key of the certificate in LICET_TLS_CERT')
  }
  if (isSet('LICET_COUNTRY_HEADER') && !isSet('LICET_TRUSTED_PROXIES')) {
    problems.push('LICET_COUNTRY_HEADER is believed of LICET_TRUSTED_PROXIES alone: set them too')
  }
  const config: Config = {
    host: read('LICET_HOST', '127.0.0.1', hostName),
    port: read('LICET_PORT', 3000, integerBetween(0, 65_535)),
    tls: certPath === null || keyPath === null ? null : { certPath, keyPath },
    dataDir: resolve(read('LICET_DATA_DIR', './data', (text) => text)),
    allowedHosts: read<readonly string[] | null>('LICET_ALLOWED_HOSTS', null, list(hostName)),
    trustedProxies: read('LICET_TRUSTED_PROXIES', [], list(cidr)),
    countryHeader: read<string | null>('LICET_COUNTRY_HEADER', null, headerName),
    geoipDbPath: read<string | null>('LICET_GEOIP_DB', null, countryDatabasePath),
    ipStorage: read('LICET_IP_STORAGE', 'truncated', oneOf(['full', 'truncated', 'none'])),
    historyDays: read('LICET_HISTORY_DAYS', 90, integerBetween(1, DAYS_MAX)),
    cacheMax: read('LICET_CACHE_MAX', 100_000, integerBetween(1, CACHE_MAX)),
    cacheTtlSeconds: read('LICET_CACHE_TTL_SECONDS', 300, integerBetween(1, 86_400)),
    webhookAllowCidrs: read('LICET_WEBHOOK_ALLOW_CIDRS', [], list(cidr)),
    logLevel: read('LICET_LOG_LEVEL', 'info', oneOf(['debug', 'info', 'warn', 'error', 'silent'])),
    logFormat: read('LICET_LOG_FORMAT', isTerminal ? 'pretty' : 'json', oneOf(['json', 'pretty'])),
  }
  const secrets: Secrets = {
    masterSecret:
      read<Uint8Array | null>('LICET_MASTER_SECRET', null, masterSecret) ??
      read<Uint8Array | null>('LICET_MASTER_SECRET_FILE', null, masterSecretFile),
    adminToken: read<string | null>('LICET_ADMIN_TOKEN', null, adminToken),
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  // Told of and no more: orchestrators set such names of their own.
  const unknown = Object.keys(env).filter((name) => name.startsWith('LICET_') && !known.has(name))
  return { config, secrets, unknown }
}

/** 32 bytes in base64 (either alphabet). Never repeats the value in what it throws. */
export function masterSecret(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const isWhole = `${plain}=` === bytes.toString('base64')
  if (bytes.length !== MASTER_SECRET_BYTES || !isWhole) {
    throw new Error('must be 32 bytes in base64, as `openssl rand -base64 32` prints them')
  }
  return bytes
}

function masterSecretFile(path: string): Uint8Array {
  return masterSecret(readBytes(path).toString('utf8').trim())
}

function adminToken(text: string): string {
  if (!ADMIN_TOKEN.test(text)) throw new Error('must be 24–128 printable characters, no spaces')
  return text
}

function integerBetween(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new Error(`must be a whole number from ${min} to ${max}`)
  }
}

function oneOf<const Word extends string>(words: readonly Word[]) {
  return (text: string): Word => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    throw new Error(`must be one of ${words.join(', ')}`)
  }
}

function list<Item>(parse: (text: string) => Item) {
  return (text: string): readonly Item[] => {
    const parts = text.split(',').map((part) => part.trim())
    const items = parts.filter((part) => part !== '').map(parse)
    if (items.length === 0) throw new Error('names nothing between its commas')
    return items
  }
}

function cidr(text: string): string {
  if (!isCidr(text)) throw new Error('must be addresses or ranges such as 10.0.0.0/8, fd00::/8')
  return text
}

function hostName(text: string): string {
  if (isIP(text) !== 0 || HOST_NAME.test(text)) return text.toLowerCase()
  throw new Error('must be host names or addresses, without scheme, port or path')
}

function headerName(text: string): string {
  if (/^[a-z0-9-]+$/i.test(text)) return text.toLowerCase()
  throw new Error('must be the name of a header, such as cf-ipcountry')
}

function certificatePath(path: string): string {
  return checked(path, 'names no certificate in PEM', (bytes) => new X509Certificate(bytes))
}

function privateKeyPath(path: string): string {
  return checked(path, 'names no private key in PEM', createPrivateKey)
}

function isPair(certPath: string, keyPath: string): boolean {
  const certificate = new X509Certificate(readFileSync(certPath))
  return certificate.checkPrivateKey(createPrivateKey(readFileSync(keyPath)))
}

function countryDatabasePath(path: string): string {
  return checked(path, 'names no database in MaxMind’s format', () => openCountries(path))
}

function checked(path: string, complaint: string, check: (bytes: Buffer) => unknown): string {
  const bytes = readBytes(path)
  try {
    check(bytes)
    return path
  } catch {
    throw new Error(`${complaint}: ${path}`)
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new Error(`names a file that cannot be read: ${path}`)
  }
}
