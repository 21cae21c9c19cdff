import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConfigError, readConfig } from '~/platform/config.ts'
import { testCertificate, testCertificateKey } from '../support/certificates.ts'
import { createCountryDatabase } from '../support/mmdb.ts'

const secret = Buffer.alloc(32, 7)
const directory = mkdtempSync(join(tmpdir(), 'licet-config-'))
const file = join(directory, 'a file')
const secretFile = join(directory, 'secret')
const certFile = join(directory, 'cert.pem')
const keyFile = join(directory, 'key.pem')
const otherKeyFile = join(directory, 'other-key.pem')
const countries = join(directory, 'countries.mmdb')

beforeAll(() => {
  writeFileSync(file, 'anything')
  writeFileSync(secretFile, `${secret.toString('base64')}\n`)
  writeFileSync(certFile, testCertificate)
  writeFileSync(keyFile, testCertificateKey)
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(otherKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(countries, createCountryDatabase({ '203.0.113.0/24': 'DE' }))
})
afterAll(() => rmSync(directory, { recursive: true }))

type Environment = Record<string, string>
const read = (env: Environment, isTerminal = false) => readConfig(env, isTerminal)

function problemsOf(env: Environment): string[] {
  try {
    read(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

const defaults: object = {
  host: '127.0.0.1',
  port: 3000,
  tls: null,
  dataDir: resolve('data'),
  allowedHosts: null,
  trustedProxies: [],
  countryHeader: null,
  geoipDbPath: null,
  ipStorage: 'truncated',
  historyDays: 90,
  cacheMax: 100_000,
  cacheTtlSeconds: 300,
  webhookAllowCidrs: [],
  logLevel: 'info',
  logFormat: 'json',
}

describe('a newcomer', () => {
  test('sets nothing and gets what the contract says', () => {
    const { config, secrets } = read({})
    expect(config).toMatchObject(defaults)
    expect(secrets).toMatchObject({ masterSecret: null, adminToken: null })
  })

  test('on a terminal gets a log to be read', () => {
    expect(read({}, true).config.logFormat).toBe('pretty')
    expect(read({ LICET_LOG_FORMAT: 'json' }, true).config.logFormat).toBe('json')
  })

  test.each(['', ' '])('may leave variables empty: %p', (text) => {
    const env = Object.fromEntries(
      [...Object.keys(good), ...Object.keys(bad)].map((name) => [name, text]),
    )
    expect(read(env)).toEqual(read({}))
  })
})

/** What each variable takes, and what becomes of it. */
const good: Record<string, readonly (readonly [text: string, settings: object])[]> = {
  LICET_HOST: [
    ['0.0.0.0', { host: '0.0.0.0' }],
    ['::', { host: '::' }],
    ['Licet.Example.com', { host: 'licet.example.com' }],
  ],
  LICET_PORT: [
    ['0', { port: 0 }],
    ['65535', { port: 65_535 }],
    [' 8080 ', { port: 8080 }],
  ],
  LICET_DATA_DIR: [
    ['/var/lib/licet', { dataDir: '/var/lib/licet' }],
    ['kept', { dataDir: resolve('kept') }],
  ],
  LICET_ALLOWED_HOSTS: [['A.io, [::1],b.io,', { allowedHosts: ['a.io', '[::1]', 'b.io'] }]],
  LICET_TRUSTED_PROXIES: [
    ['10.0.0.0/8, ::1', { trustedProxies: ['10.0.0.0/8', '::1'] }],
    ['192.0.2.1', { trustedProxies: ['192.0.2.1'] }],
  ],
  LICET_GEOIP_DB: [[countries, { geoipDbPath: countries }]],
  LICET_IP_STORAGE: ['full', 'truncated', 'none'].map((ipStorage) => [ipStorage, { ipStorage }]),
  LICET_HISTORY_DAYS: [['1', { historyDays: 1 }]],
  LICET_CACHE_MAX: [['1', { cacheMax: 1 }]],
  LICET_CACHE_TTL_SECONDS: [['86400', { cacheTtlSeconds: 86_400 }]],
  LICET_WEBHOOK_ALLOW_CIDRS: [['10.0.0.0/8', { webhookAllowCidrs: ['10.0.0.0/8'] }]],
  LICET_LOG_LEVEL: ['debug', 'warn', 'error', 'silent'].map((logLevel) => [logLevel, { logLevel }]),
  LICET_LOG_FORMAT: [['pretty', { logFormat: 'pretty' }]],
}

/** What each variable refuses, and a word of what it says instead. */
const bad: Record<string, readonly [texts: readonly string[], words: RegExp]> = {
  LICET_HOST: [['http://a.io', 'a.io/x', 'a b'], /without scheme, port or path/],
  LICET_PORT: [['-1', '65536', '3000.5', '0x10', '1e3', 'http'], /from 0 to 65535/],
  LICET_ALLOWED_HOSTS: [
    ['https://a.io', 'a.io, b.io:80', '*', ','],
    /without scheme, port or path|names nothing/,
  ],
  LICET_TRUSTED_PROXIES: [['10', '10.0.0.0/33', 'a.io', '10.0.0.0/8;::1'], /ranges such as/],
  LICET_COUNTRY_HEADER: [
    ['x country', 'x:', 'cf-ipcountry'],
    /name of a header|LICET_TRUSTED_PROXIES/,
  ],
  LICET_GEOIP_DB: [['/there/is/none.mmdb', directory, file], /cannot be read|MaxMind/],
  LICET_IP_STORAGE: [['some', 'FULL'], /one of full, truncated, none/],
  LICET_HISTORY_DAYS: [['0', '-5', '36501', 'all'], /from 1 to 36500/],
  LICET_CACHE_MAX: [['0', '10000001'], /from 1 to/],
  LICET_CACHE_TTL_SECONDS: [['0', '86401'], /from 1 to 86400/],
  LICET_WEBHOOK_ALLOW_CIDRS: [['localhost'], /ranges such as/],
  LICET_LOG_LEVEL: [['loud'], /one of debug/],
  LICET_LOG_FORMAT: [['xml'], /one of json, pretty/],
  LICET_MASTER_SECRET: [
    ['short', secret.toString('hex'), 'ä'.repeat(43), `%%${secret.toString('base64')}`],
    /32 bytes in base64/,
  ],
  LICET_MASTER_SECRET_FILE: [[file, '/there/is/none'], /32 bytes in base64|cannot be read/],
  LICET_ADMIN_TOKEN: [['too short', 'x'.repeat(129), `with space ${'x'.repeat(24)}`], /24–128/],
  LICET_TLS_CERT: [[file, certFile], /go together|certificate in PEM/],
  LICET_TLS_KEY: [[file, keyFile, '/there/is/none'], /go together|key in PEM|cannot be read/],
}

describe('a variable', () => {
  const accepted = Object.entries(good).flatMap(([name, rows]) =>
    rows.map(([text, settings]) => [name, text, settings] as const),
  )
  test.each(accepted)('%s may be %p', (name, text, settings) => {
    expect(read({ [name]: text }).config).toMatchObject(settings)
  })

  const refused = Object.entries(bad).flatMap(([name, [texts, words]]) =>
    texts.map((text) => [name, text, words] as const),
  )
  test.each(refused)('%s may not be %p', (name, text, words) => {
    const problems = problemsOf({ [name]: text })
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join()).toMatch(words)
    expect(problems.every((line) => line.startsWith('LICET_'))).toBe(true)
  })
})

test('the header of a country is heeded where there are proxies to believe', () => {
  const env = { LICET_COUNTRY_HEADER: 'CF-IPCountry', LICET_TRUSTED_PROXIES: '10.0.0.0/8' }
  expect(read(env).config.countryHeader).toBe('cf-ipcountry')
})

describe('all that is wrong', () => {
  test('is told at once, a line each', () => {
    const env = { LICET_PORT: 'x', LICET_IP_STORAGE: 'x', LICET_ADMIN_TOKEN: 'x', LICET_HOST: '/' }
    const problems = problemsOf(env)
    expect(problems.map((line) => line.split(' ')[0]).sort()).toEqual(Object.keys(env).sort())
  })

  test('is told without repeating a secret', () => {
    const leaks = { LICET_MASTER_SECRET: 'a secret mistyped', LICET_ADMIN_TOKEN: 'hunter2' }
    const told = problemsOf(leaks).join('\n')
    for (const value of Object.values(leaks)) expect(told).not.toContain(value)
  })
})

describe('the secrets', () => {
  const masterSecretOf = (env: Environment) => Buffer.from(read(env).secrets.masterSecret ?? [])

  test.each(['base64', 'base64url'] as const)('are read from %s', (encoding) => {
    expect(masterSecretOf({ LICET_MASTER_SECRET: secret.toString(encoding) })).toEqual(secret)
  })

  test('are read from a file, unless they are given outright', () => {
    expect(masterSecretOf({ LICET_MASTER_SECRET_FILE: secretFile })).toEqual(secret)
    const outright = Buffer.alloc(32, 9)
    const env = {
      LICET_MASTER_SECRET: outright.toString('base64'),
      LICET_MASTER_SECRET_FILE: secretFile,
    }
    expect(masterSecretOf(env)).toEqual(outright)
  })

  test.each(['x'.repeat(24), 'x'.repeat(128), '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'])(
    'include the admin token %p',
    (token) => {
      expect(read({ LICET_ADMIN_TOKEN: token }).secrets.adminToken).toBe(token)
    },
  )

  test('for TLS are two files that fit one another', () => {
    const env = { LICET_TLS_CERT: certFile, LICET_TLS_KEY: keyFile }
    expect(read(env).config.tls).toEqual({ certPath: certFile, keyPath: keyFile })
    expect(problemsOf({ ...env, LICET_TLS_KEY: otherKeyFile })).toEqual([
      'LICET_TLS_KEY is not the key of the certificate in LICET_TLS_CERT',
    ])
    expect(problemsOf({ ...env, LICET_TLS_CERT: '/there/is/none' })).toHaveLength(1)
  })
})

test('a variable that is none of ours is told of, and stops nobody', () => {
  const { unknown } = read({ LICET_PROT: '99', LICET_PORT: '99', OTHER: '1' })
  expect(unknown).toEqual(['LICET_PROT'])
})
