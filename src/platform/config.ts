import { resolve } from 'node:path'
import {
  isCertificatePair,
  parseAdminToken,
  parseCertificatePath,
  parseCidr,
  parseCountryDatabasePath,
  parseHeaderName,
  parseHost,
  parseInteger,
  parseList,
  parseMasterSecret,
  parseMasterSecretFile,
  parsePrivateKeyPath,
  parseWord,
} from './config-values.ts'

const CACHE_MAX = 10_000_000
const CACHE_TTL_SECONDS_MAX = 86_400
const HISTORY_DAYS_MAX = 36_500
const PORT_MAX = 65_535

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Settings that are not secret. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null
  /** An absolute path. */
  readonly dataDir: string
  /** `null` accepts every Host. */
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

/** Settings that must never be shown. Without `masterSecret`, the data directory contains it. */
export interface Secrets {
  readonly masterSecret: Uint8Array | null
  readonly adminToken: string | null
}

/** An invalid configuration. The message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** `unknown` lists `LICET_` variables that Licet does not know. */
export type Settings = ReturnType<typeof readConfig>

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration. Throws ConfigError with every problem at once. */
export function readConfig(env: Environment, isTerminal: boolean) {
  const reader = createReader(env)
  const { read } = reader
  const config: Config = {
    host: read('LICET_HOST', '127.0.0.1', parseHost),
    port: read('LICET_PORT', 3000, parseInteger(0, PORT_MAX)),
    tls: readTls(reader),
    dataDir: resolve(read('LICET_DATA_DIR', './data', (text) => text)),
    allowedHosts: read<readonly string[] | null>('LICET_ALLOWED_HOSTS', null, parseList(parseHost)),
    trustedProxies: read('LICET_TRUSTED_PROXIES', [], parseList(parseCidr)),
    countryHeader: readCountryHeader(reader),
    geoipDbPath: read<string | null>('LICET_GEOIP_DB', null, parseCountryDatabasePath),
    ipStorage: read('LICET_IP_STORAGE', 'truncated', parseWord(['full', 'truncated', 'none'])),
    historyDays: read('LICET_HISTORY_DAYS', 90, parseInteger(1, HISTORY_DAYS_MAX)),
    cacheMax: read('LICET_CACHE_MAX', 100_000, parseInteger(1, CACHE_MAX)),
    cacheTtlSeconds: read('LICET_CACHE_TTL_SECONDS', 300, parseInteger(1, CACHE_TTL_SECONDS_MAX)),
    webhookAllowCidrs: read('LICET_WEBHOOK_ALLOW_CIDRS', [], parseList(parseCidr)),
    logLevel: read('LICET_LOG_LEVEL', 'info', parseWord(logLevels)),
    logFormat: read(
      'LICET_LOG_FORMAT',
      isTerminal ? 'pretty' : 'json',
      parseWord(['json', 'pretty']),
    ),
  }
  const secrets: Secrets = {
    masterSecret:
      read<Uint8Array | null>('LICET_MASTER_SECRET', null, parseMasterSecret) ??
      read<Uint8Array | null>('LICET_MASTER_SECRET_FILE', null, parseMasterSecretFile),
    adminToken: read<string | null>('LICET_ADMIN_TOKEN', null, parseAdminToken),
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems.join('\n'))
  // Not an error, because orchestrators set variables with such names of their own.
  return { config, secrets, unknown: reader.listUnknown() }
}

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

interface Reader {
  readonly problems: string[]
  /** Returns `fallback` for a variable that is not set, or invalid: then `problems` grows. */
  read<Value>(name: string, fallback: Value, parse: (text: string) => Value): Value
  isSet(name: string): boolean
  /** Lists the `LICET_` variables that were never read. */
  listUnknown(): readonly string[]
}

function createReader(env: Environment): Reader {
  const problems: string[] = []
  const known = new Set<string>()
  const textOf = (name: string) => env[name]?.trim() ?? ''
  return {
    problems,
    read: (name, fallback, parse) => {
      known.add(name)
      const text = textOf(name)
      if (text === '') return fallback
      try {
        return parse(text)
      } catch (error) {
        problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`)
        return fallback
      }
    },
    isSet: (name) => textOf(name) !== '',
    listUnknown: () =>
      Object.keys(env).filter((name) => name.startsWith('LICET_') && !known.has(name)),
  }
}

function readTls({ problems, read, isSet }: Reader): Config['tls'] {
  const certPath = read<string | null>('LICET_TLS_CERT', null, parseCertificatePath)
  const keyPath = read<string | null>('LICET_TLS_KEY', null, parsePrivateKeyPath)
  if (isSet('LICET_TLS_CERT') !== isSet('LICET_TLS_KEY')) {
    problems.push('LICET_TLS_CERT and LICET_TLS_KEY go together: set both or neither.')
  }
  if (certPath === null || keyPath === null) return null
  if (!isCertificatePair(certPath, keyPath)) {
    problems.push('LICET_TLS_KEY is not the private key of the certificate in LICET_TLS_CERT.')
  }
  return { certPath, keyPath }
}

function readCountryHeader({ problems, read, isSet }: Reader): string | null {
  if (isSet('LICET_COUNTRY_HEADER') && !isSet('LICET_TRUSTED_PROXIES')) {
    problems.push(
      'LICET_COUNTRY_HEADER is only read from trusted proxies: set LICET_TRUSTED_PROXIES as well.',
    )
  }
  return read<string | null>('LICET_COUNTRY_HEADER', null, parseHeaderName)
}
