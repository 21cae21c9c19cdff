import { resolve } from 'node:path'
import { type CompatSource, compatSources } from '~/domain/compat/sources.ts'
import { type PortalSignIn, portalSignIns } from '~/domain/portal-sessions.ts'
import type { Provider } from '~/domain/purchases.ts'
import type { Variable } from '~/domain/variables.ts'
import { readBackups } from './config-backups.ts'
import { readDatabase } from './config-database.ts'
import { readKeygenSeed } from './config-keygen.ts'
import { readMail } from './config-mail.ts'
import {
  isCertificatePair,
  parseAdminToken,
  parseAllowedHost,
  parseApiKey,
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
  parseSigningSecret,
  parseStandardSecret,
  parseUpdateUrl,
  parseWord,
} from './config-values.ts'
import { runSecretCommand } from './secret-command.ts'

const BACKUPS_MAX = 10_000
const CACHE_MAX = 10_000_000
const CACHE_TTL_SECONDS_MAX = 86_400
const HISTORY_DAYS_MAX = 36_500
const CHECKOUT_DAYS_MAX = 36_500
const PORT_MAX = 65_535
const REQUESTS_PER_MINUTE_MAX = 1_000_000

/** The pages that Licet can serve, at the paths of their names. */
export const pageNames = ['admin', 'portal'] as const
export type PageName = (typeof pageNames)[number]

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** An invalid configuration. The message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** `variables` lists all variables, and `unknown` the `LICET_` variables that Licet does not know. */
export type Settings = ReturnType<typeof readConfig>

/** Settings that are not secret. */
export type Config = Settings['config']

/** Settings that must never be shown. Without `masterSecret`, the data directory contains it. */
export type Secrets = Settings['secrets']

/** Credentials of the checkout providers. */
export type CheckoutSecrets = Secrets['checkout']

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration. Throws ConfigError with every problem at once. */
export function readConfig(env: Environment, isTerminal: boolean) {
  const reader = createReader(env)
  const { read } = reader
  const mail = readMail(reader)
  const masterSecret = readMasterSecret(reader)
  const database = readDatabase(reader, masterSecret !== null)
  const backups = readBackups(reader, reader.isSet('LICET_DATABASE_URL'))
  const config = {
    ...readServing(reader, isTerminal),
    ...database.settings,
    /** `null` accepts every Host. */
    allowedHosts: read('LICET_ALLOWED_HOSTS', null, parseList(parseAllowedHost)),
    historyDays: read('LICET_HISTORY_DAYS', 90, parseInteger(1, HISTORY_DAYS_MAX)),
    /** How many requests per minute each API key may send; null for any number. */
    rateLimitApiKey: read('LICET_RATE_LIMIT_API_KEY', null, parseRequestsPerMinute),
    /** How many backups of those that were made over HTTP are kept. */
    backupsKept: read('LICET_BACKUPS_KEPT', 30, parseInteger(1, BACKUPS_MAX)),
    backups: backups.settings,
    webhookAllowCidrs: read('LICET_WEBHOOK_ALLOW_CIDRS', [], parseList(parseCidr)),
    /** How long the raw events of checkout are kept. */
    checkoutDays: read('LICET_CHECKOUT_DAYS', 90, parseInteger(1, CHECKOUT_DAYS_MAX)),
    /** Whether events of test mode create licenses. */
    checkoutTest: read('LICET_CHECKOUT_TEST', 'ignore', parseWord(['ignore', 'accept'])),
    pages: read('LICET_PAGES', pageNames, parsePages),
    /** The address of the `release.json` of the newest release, which only a command reads. */
    updateUrl: read('LICET_UPDATE_URL', null, parseUpdateUrl),
    ...mail.settings,
    /** How customers can sign in to the portal; none if it is off. */
    portal: readPortal(reader, mail.smtp !== null),
  }
  const secrets = {
    masterSecret,
    databaseUrl: database.url,
    /** Encrypts backups; null if they are not encrypted. */
    backupKey: backups.key,
    adminToken: reader.readSecret('LICET_ADMIN_TOKEN', null, parseAdminToken),
    checkout: readCheckoutSecrets(reader),
    /** The seed of the Ed25519 key that signs responses in the format of Keygen; null without one. */
    keygenSeed: readKeygenSeed(reader),
    smtp: mail.smtp,
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems.join('\n'))
  // Not an error, because orchestrators set variables with such names of their own.
  return { config, secrets, variables: reader.listVariables(), unknown: reader.listUnknown() }
}

/** Reads the settings that a server and an edge share. */
export function readServing(reader: Reader, isTerminal: boolean) {
  const { read } = reader
  return {
    host: read('LICET_HOST', '127.0.0.1', parseHost),
    port: read('LICET_PORT', 3000, parseInteger(0, PORT_MAX)),
    tls: readTls(reader),
    /** An absolute path. */
    dataDir: read('LICET_DATA_DIR', resolve('./data'), (path) => resolve(path)),
    trustedProxies: read('LICET_TRUSTED_PROXIES', [], parseList(parseCidr)),
    /** How many requests per minute that need no token each address may send; null for any number. */
    rateLimitAddress: read('LICET_RATE_LIMIT_ADDRESS', null, parseRequestsPerMinute),
    countryHeader: readCountryHeader(reader),
    geoipDbPath: read('LICET_GEOIP_DB', null, parseCountryDatabasePath),
    ipStorage: read('LICET_IP_STORAGE', 'truncated', parseWord(['full', 'truncated', 'none'])),
    cacheMax: read('LICET_CACHE_MAX', 100_000, parseInteger(1, CACHE_MAX)),
    cacheTtlSeconds: read('LICET_CACHE_TTL_SECONDS', 300, parseInteger(1, CACHE_TTL_SECONDS_MAX)),
    /** The other products whose client APIs are answered. */
    compat: read('LICET_COMPAT', [], parseCompatSources),
    logLevel: read('LICET_LOG_LEVEL', 'info', parseWord(LOG_LEVELS)),
    logFormat: read(
      'LICET_LOG_FORMAT',
      isTerminal ? 'pretty' : 'json',
      parseWord(['json', 'pretty']),
    ),
  }
}

const parseRequestsPerMinute = parseInteger(1, REQUESTS_PER_MINUTE_MAX)

export type Reader = ReturnType<typeof createReader>

/** Creates a reader of variables, which collects all problems. */
export function createReader(env: Environment) {
  const problems: string[] = []
  const variables = new Map<string, Variable>()
  const textOf = (name: string) => env[name]?.trim() ?? ''

  function parseText<Value, Fallback>(
    name: string,
    fallback: Fallback,
    parse: (text: string) => Value,
  ) {
    const text = textOf(name)
    if (text === '') return fallback
    try {
      return parse(text)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`)
      return fallback
    }
  }

  /** Returns `fallback` for a variable that is not set, or invalid: then `problems` grows. */
  function read<Value, Fallback>(name: string, fallback: Fallback, parse: (text: string) => Value) {
    const text = textOf(name)
    const result = parseText(name, fallback, parse)
    const source = text === '' ? 'default' : 'environment'
    variables.set(name, { name, source, isSecret: false, value: formatValue(result, text) })
    return result
  }

  /** Does the same for a variable whose value must never be shown. */
  const readSecret: typeof read = (name, fallback, parse) => {
    const isSet = textOf(name) !== ''
    const [source, value] = isSet ? (['environment', 'set'] as const) : notSet
    variables.set(name, { name, source, isSecret: true, value })
    return parseText(name, fallback, parse)
  }

  return {
    problems,
    read,
    readSecret,
    isSet: (name: string) => textOf(name) !== '',
    /** Lists all variables by name, with their values. */
    listVariables: () =>
      [...variables.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    /** Lists the `LICET_` variables that were never read. */
    listUnknown: () =>
      Object.keys(env).filter((name) => name.startsWith('LICET_') && !variables.has(name)),
    /** Says that the value of a secret comes from a file. */
    noteFile: (name: string) =>
      variables.set(name, { name, source: 'file', isSecret: true, value: 'set' }),
  }
}

/** Reads a list of pages, or `none`. */
function parsePages(text: string): readonly PageName[] {
  return text === 'none' ? [] : parseList(parseWord(pageNames))(text)
}

/** Returns each source once, in the order of `compatSources`. */
function parseCompatSources(text: string): readonly CompatSource[] {
  const listed = parseList(parseWord(compatSources))(text)
  return compatSources.filter((source) => listed.includes(source))
}

const notSet = ['default', 'not set'] as const

/** Returns a value as it would be written in its variable. */
function formatValue(value: unknown, text: string): string | null {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return (Array.isArray(value) ? value.join(',') : text) || null
}

/** Without these variables, the secret is in the data directory. */
function readMasterSecret({ read, readSecret, noteFile, isSet }: Reader): Uint8Array | null {
  const given = readSecret('LICET_MASTER_SECRET', null, parseMasterSecret)
  const parse = given === null ? parseMasterSecretFile : () => null
  const fromFile = read('LICET_MASTER_SECRET_FILE', null, parse)
  const isGiven = isSet('LICET_MASTER_SECRET') || isSet('LICET_MASTER_SECRET_FILE')
  const run = isGiven ? () => null : runSecretCommand
  const fromCommand = readSecret('LICET_MASTER_SECRET_COMMAND', null, run)
  if (given === null && fromCommand === null) noteFile('LICET_MASTER_SECRET')
  return given ?? fromFile ?? fromCommand
}

function readTls({ problems, read, isSet }: Reader) {
  const certPath = read('LICET_TLS_CERT', null, parseCertificatePath)
  const keyPath = read('LICET_TLS_KEY', null, parsePrivateKeyPath)
  if (isSet('LICET_TLS_CERT') !== isSet('LICET_TLS_KEY')) {
    problems.push('LICET_TLS_CERT and LICET_TLS_KEY go together: set both or neither.')
  }
  if (certPath === null || keyPath === null) return null
  if (!isCertificatePair(certPath, keyPath)) {
    problems.push('LICET_TLS_KEY is not the private key of the certificate in LICET_TLS_CERT.')
  }
  return { certPath, keyPath }
}

function readCheckoutSecrets({ readSecret }: Reader) {
  const list = parseList(parseSigningSecret)
  const standardList = parseList(parseStandardSecret)
  /** A provider without a secret accepts no events. */
  const signing: Readonly<Record<Provider, readonly string[]>> = {
    stripe: readSecret('LICET_STRIPE_SECRETS', [], list),
    paddle: readSecret('LICET_PADDLE_SECRETS', [], list),
    lemonsqueezy: readSecret('LICET_LEMONSQUEEZY_SECRETS', [], list),
    polar: readSecret('LICET_POLAR_SECRETS', [], list),
    standard: readSecret('LICET_STANDARD_SECRETS', [], standardList),
  }
  /** Restricted keys, to look up what an event lacks. */
  const apiKeys = {
    stripe: readSecret('LICET_STRIPE_API_KEY', null, parseApiKey),
    paddle: readSecret('LICET_PADDLE_API_KEY', null, parseApiKey),
  }
  return { signing, apiKeys }
}

/** By default, customers can sign in by email if mails can be sent. */
function readPortal({ problems, read }: Reader, hasMail: boolean): readonly PortalSignIn[] {
  const fallback = hasMail ? portalSignIns : (['key'] as const)
  const parse = parseList(parseWord(['off', ...portalSignIns]))
  const words: readonly string[] = read('LICET_PORTAL', fallback, parse)
  if (words.includes('off') && words.length > 1) {
    problems.push('LICET_PORTAL must be off, or any of key and mail.')
  }
  const signIns = portalSignIns.filter((each) => words.includes(each))
  if (signIns.includes('mail') && !hasMail) {
    problems.push('LICET_PORTAL has mail, which needs LICET_SMTP_URL: set it, or remove mail.')
  }
  return signIns
}

function readCountryHeader({ problems, read, isSet }: Reader): string | null {
  if (isSet('LICET_COUNTRY_HEADER') && !isSet('LICET_TRUSTED_PROXIES')) {
    problems.push(
      'LICET_COUNTRY_HEADER is only read from trusted proxies: set LICET_TRUSTED_PROXIES as well.',
    )
  }
  return read('LICET_COUNTRY_HEADER', null, parseHeaderName)
}
