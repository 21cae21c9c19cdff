import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Variable } from '~/domain/variables.ts'
import { openTestApp } from '../../support/app.ts'
import { testCertificate, testCertificateKey } from '../../support/certificates.ts'
import { onlyPostgres, onlySqlite } from '../../support/engine.ts'
import { startEngineServer } from '../../support/engine-server.ts'
import { createCountryDatabase } from '../../support/mmdb.ts'
import { ADMIN_TOKEN, Sandbox, startServer } from '../../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

type Environment = Record<string, string>
type Shown = Pick<Variable, 'name' | 'value' | 'source'> & { readonly secret: boolean }

const masterSecret = Buffer.alloc(32, 'fake').toString('base64')
const keygenSeed = Buffer.alloc(32, 'fake').toString('hex')
const fileSecret = Buffer.alloc(32, 'file').toString('base64')

/** Each part of these values that must never be shown is a word that starts with "fake". */
const secrets: Environment = {
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_MASTER_SECRET_COMMAND: 'fakeCommand',
  LICET_STRIPE_SECRETS: 'fakeStripeOld,fakeStripeNew',
  LICET_PADDLE_SECRETS: 'fakePaddle',
  LICET_LEMONSQUEEZY_SECRETS: 'fakeLemonSqueezy',
  LICET_POLAR_SECRETS: 'fakePolar',
  LICET_STANDARD_SECRETS: 'fakeStandard',
  LICET_STRIPE_API_KEY: 'fakeStripeKey',
  LICET_PADDLE_API_KEY: 'fakePaddleKey',
  LICET_KEYGEN_PRIVATE_KEY: keygenSeed,
  LICET_BACKUP_PASSPHRASE: 'fakePassphrase',
  LICET_SMTP_URL: 'smtp://fakeUser:fakePassword@127.0.0.1:25?insecure=true',
}

function listPublic(): Environment {
  for (const [name, contents] of [
    ['cert.pem', testCertificate],
    ['key.pem', testCertificateKey],
    ['countries.mmdb', createCountryDatabase({ '203.0.113.0/24': 'DE' })],
  ] as const) {
    writeFileSync(sandbox.at(name), contents)
  }
  mkdirSync(sandbox.at('templates'), { recursive: true })
  return {
    LICET_HOST: '127.0.0.2',
    LICET_PORT: '0',
    LICET_ALLOWED_HOSTS: 'licenses.example.com,127.0.0.2',
    LICET_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
    LICET_COUNTRY_HEADER: 'cf-ipcountry',
    LICET_GEOIP_DB: sandbox.at('countries.mmdb'),
    LICET_IP_STORAGE: 'none',
    LICET_HISTORY_DAYS: '91',
    LICET_BACKUPS_KEPT: '95',
    LICET_CHECKPOINTS: 'external',
    LICET_BACKUP_CRON: '30 2 * * *',
    LICET_BACKUP_TO: sandbox.at('elsewhere'),
    LICET_BACKUP_KEEP: '96',
    LICET_BACKUP_KEEP_DAYS: '97',
    LICET_BACKUP_USAGE: 'true',
    LICET_CACHE_MAX: '92',
    LICET_CACHE_TTL_SECONDS: '93',
    LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
    LICET_CHECKOUT_DAYS: '94',
    LICET_CHECKOUT_TEST: 'accept',
    LICET_MAIL_FROM: 'Acme <licenses@example.com>',
    LICET_MAIL_TEMPLATES: sandbox.at('templates'),
    LICET_PUBLIC_URL: 'https://licenses.example.com',
    LICET_PAGES: 'admin',
    LICET_PORTAL: 'key',
    LICET_BRAND_NAME: 'Acme',
    LICET_BRAND_LOGO: 'https://example.com/logo.png',
    LICET_BRAND_COLOR: '#0a7cff',
    LICET_SUPPORT_URL: 'https://example.com/support',
    LICET_RENEW_URL: 'https://example.com/renew',
    LICET_COMPAT: 'lemonsqueezy,keygen',
    LICET_UPDATE_URL: 'https://example.com/release.json',
    LICET_RATE_LIMIT_API_KEY: '98',
    LICET_RATE_LIMIT_ADDRESS: '99',
    LICET_LOG_LEVEL: 'warn',
    LICET_LOG_FORMAT: 'json',
  }
}

/** Starts a server and returns its settings as they are sent. */
async function readSettings(directory: string, env: Environment) {
  const variables = { LICET_DATA_DIR: sandbox.at(directory), ...env }
  await using server = await startServer(sandbox, variables)
  const token =
    env.LICET_ADMIN_TOKEN ?? (await Bun.file(sandbox.at(directory, 'admin.token')).text())
  const authorization = `Bearer ${token.trim()}`
  const { status, text, body } = await server.send('GET', '/api/v1/settings', undefined, {
    authorization,
  })
  expect(status).toBe(200)
  const shown: readonly Shown[] = body.variables
  return {
    text,
    body,
    token,
    variables: new Map(shown.map((variable) => [variable.name, variable])),
  }
}

onlySqlite(
  'settings: with every variable set, the response contains no secret, and all other values',
  async () => {
    const given = { ...listPublic(), LICET_DATA_DIR: sandbox.at('every') }
    const file = sandbox.at('master.txt')
    writeFileSync(file, fileSecret)
    const keygenFile = sandbox.at('keygen.txt')
    writeFileSync(keygenFile, keygenSeed)
    const passphraseFile = sandbox.at('passphrase.txt')
    writeFileSync(passphraseFile, 'fakePassphraseOfFile')
    const files = {
      LICET_MASTER_SECRET_FILE: file,
      LICET_KEYGEN_PRIVATE_KEY_FILE: keygenFile,
      LICET_BACKUP_PASSPHRASE_FILE: passphraseFile,
    }
    const { text, variables, body } = await readSettings('every', {
      ...given,
      ...secrets,
      LICET_MASTER_SECRET: masterSecret,
      ...files,
      LICET_UNKNOWN_TOKEN: 'fakeUnknown',
    })
    // Variables that this test does not set would not be tested.
    const {
      LICET_TLS_CERT,
      LICET_TLS_KEY,
      LICET_DATABASE_URL,
      LICET_OUTAGE_SECONDS,
      LICET_BACKUP_RECIPIENT,
      ...rest
    } = Object.fromEntries(variables)
    expect(LICET_DATABASE_URL).toMatchObject({ value: 'not set', secret: true })
    expect(LICET_OUTAGE_SECONDS).toMatchObject({ value: '0' })
    for (const unset of [LICET_TLS_CERT, LICET_TLS_KEY, LICET_BACKUP_RECIPIENT])
      expect(unset).toMatchObject({ value: null })
    expect(Object.values(rest).filter(({ source }) => source !== 'environment')).toEqual([])
    for (const [name, value] of Object.entries({ ...given, ...files })) {
      expect(variables.get(name)).toEqual({ name, value, source: 'environment', secret: false })
    }
    for (const name of [...Object.keys(secrets), 'LICET_MASTER_SECRET']) {
      expect(variables.get(name)).toEqual({
        name,
        value: 'set',
        source: 'environment',
        secret: true,
      })
    }
    expect(body.unknown_variables).toEqual(['LICET_UNKNOWN_TOKEN'])
    for (const value of ['fake', masterSecret, keygenSeed, fileSecret, ADMIN_TOKEN])
      expect(text).not.toContain(value)
  },
)

onlySqlite(
  'settings: with HTTPS, the paths of the certificate and its key are shown, not what they contain',
  async () => {
    listPublic()
    await using server = await startServer(sandbox, {
      LICET_DATA_DIR: sandbox.at('https'),
      LICET_ADMIN_TOKEN: ADMIN_TOKEN,
      LICET_TLS_CERT: sandbox.at('cert.pem'),
      LICET_TLS_KEY: sandbox.at('key.pem'),
    })
    const response = await fetch(`${server.url}/api/v1/settings`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      tls: { rejectUnauthorized: false },
    })
    const text = await response.text()
    expect(JSON.parse(text).variables).toContainEqual({
      name: 'LICET_TLS_KEY',
      value: sandbox.at('key.pem'),
      source: 'environment',
      secret: false,
    })
    expect(text).not.toContain('PRIVATE KEY')
  },
)

onlySqlite(
  'settings: a master secret in a file is shown as set, by a file, wherever that file is',
  async () => {
    const file = sandbox.at('master.txt')
    writeFileSync(file, fileSecret)
    const named = await readSettings('named', { LICET_MASTER_SECRET_FILE: file })
    const own = await readSettings('own', {})
    const ownSecret = await Bun.file(sandbox.at('own', 'master.secret')).text()
    for (const { variables, text, token } of [named, own]) {
      const name = 'LICET_MASTER_SECRET'
      expect(variables.get(name)).toEqual({ name, value: 'set', source: 'file', secret: true })
      for (const value of [fileSecret, ownSecret.trim(), token.trim()])
        expect(text).not.toContain(value)
    }
  },
)

onlySqlite('settings: without variables, each default is shown as it is in effect', async () => {
  const { variables, body } = await readSettings('defaults', {})
  const shownOf = (name: string) => variables.get(name)
  expect(body.schema).toMatch(/^\d{4}_\w+$/)
  expect(body.degradations).toEqual([])
  expect(shownOf('LICET_HOST')).toMatchObject({ value: '127.0.0.1', source: 'default' })
  expect(shownOf('LICET_TRUSTED_PROXIES')).toMatchObject({ value: null, source: 'default' })
  expect(shownOf('LICET_ADMIN_TOKEN')).toMatchObject({ value: 'not set', source: 'default' })
  expect(shownOf('LICET_SMTP_URL')).toMatchObject({ value: 'not set', source: 'default' })
  expect(shownOf('LICET_DATA_DIR')).toMatchObject({ value: sandbox.at('defaults') })
  expect(body.unknown_variables).toEqual([])
})

test('settings: every variable whose name says that it is secret is a secret', async () => {
  await using app = await openTestApp()
  const { body } = await app.send('GET', '/api/v1/settings')
  const shown: readonly Shown[] = body.variables
  const paths = ['LICET_KEYGEN_PRIVATE_KEY_FILE', 'LICET_MASTER_SECRET_FILE', 'LICET_TLS_KEY']
  const limits = ['LICET_RATE_LIMIT_API_KEY']
  const sounds = /SECRET|TOKEN|KEY|PASSWORD|SMTP_URL|DATABASE_URL/
  const exposed = shown.filter(({ name, secret }) => sounds.test(name) && !secret)
  expect(exposed.map(({ name }) => name).toSorted()).toEqual([...paths, ...limits].toSorted())
})

onlySqlite('settings: the sizes are those of the files, and grow with them', async () => {
  await using app = await openTestApp()
  const before = (await app.send('GET', '/api/v1/settings')).body.storage
  mkdirSync(`${app.directory}/backups`)
  writeFileSync(`${app.directory}/backups/old.sqlite`, 'x'.repeat(1000))
  for (let count = 0; count < 50; count += 1) await app.createLicense()
  const after = (await app.send('GET', '/api/v1/settings')).body.storage
  expect([before.backups_bytes, after.backups_bytes]).toEqual([0, 1000])
  expect(before.database_bytes).toBeGreaterThan(0)
  expect(after.database_log_bytes).toBeGreaterThan(before.database_log_bytes)
  expect(after.disk_free_bytes).toBeLessThan(after.disk_total_bytes)
})

onlyPostgres('settings: with PostgreSQL, the URL is a secret, and sizes are unknown', async () => {
  await using server = await startEngineServer(sandbox, 'postgres')
  const { text, body } = await server.send('GET', '/api/v1/settings')
  const shown: readonly Shown[] = body.variables
  const name = 'LICET_DATABASE_URL'
  expect(shown).toContainEqual({ name, value: 'set', source: 'environment', secret: true })
  expect(text).not.toContain('postgres://')
  expect(body.schema).toMatch(/^\d{4}_\w+$/)
  expect(body.storage).toMatchObject({ disk_free_bytes: null, disk_total_bytes: null })
})

test('settings: reading them needs settings:read', async () => {
  await using app = await openTestApp()
  const statusWith = async (...scopes: Parameters<typeof app.tokenWith>) => {
    const authorization = `Bearer ${await app.tokenWith(...scopes)}`
    return (await app.send('GET', '/api/v1/settings', undefined, { authorization })).status
  }
  expect(await statusWith('settings:read')).toBe(200)
  expect(await statusWith('metrics:read', 'keys:read')).toBe(403)
})
