import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readConfig } from '~/platform/config.ts'
import { testCertificate, testCertificateKey } from '../support/certificates.ts'
import { createCountryDatabase } from '../support/mmdb.ts'
import { problemOf } from './problems.ts'

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
  const text = problemOf(env)
  return text === '' ? [] : text.split('\n')
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
  checkoutDays: 90,
  checkoutTest: 'ignore',
  logLevel: 'info',
  logFormat: 'json',
  compat: [],
}

describe('default configuration', () => {
  test('config: an empty environment gives the documented defaults', () => {
    const { config, secrets } = read({})
    expect(config).toMatchObject(defaults)
    expect(secrets).toMatchObject({ masterSecret: null, adminToken: null })
  })

  test('config: the log format defaults to pretty on a terminal', () => {
    expect(read({}, true).config.logFormat).toBe('pretty')
    expect(read({ LICET_LOG_FORMAT: 'json' }, true).config.logFormat).toBe('json')
  })

  test.each(['', ' '])('config: a variable set to %p counts as not set', (text) => {
    const env = Object.fromEntries(
      [...Object.keys(valid), ...Object.keys(invalid)].map((name) => [name, text]),
    )
    expect(read(env)).toEqual(read({}))
  })
})

/** Valid values of each variable, with the resulting settings. */
const valid: Record<string, readonly (readonly [text: string, settings: object])[]> = {
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
    ['relative', { dataDir: resolve('relative') }],
  ],
  LICET_ALLOWED_HOSTS: [
    ['A.io, [::1],b.io,', { allowedHosts: ['a.io', '[::1]', 'b.io'] }],
    ['münchen.example, a.io.', { allowedHosts: ['xn--mnchen-3ya.example', 'a.io'] }],
    ['2001:DB8:0::1', { allowedHosts: ['[2001:db8::1]'] }],
  ],
  LICET_TRUSTED_PROXIES: [
    ['10.0.0.0/8, ::1', { trustedProxies: ['10.0.0.0/8', '::1'] }],
    ['192.0.2.1', { trustedProxies: ['192.0.2.1'] }],
  ],
  LICET_RATE_LIMIT_API_KEY: [
    ['1', { rateLimitApiKey: 1 }],
    ['1000000', { rateLimitApiKey: 1_000_000 }],
  ],
  LICET_RATE_LIMIT_ADDRESS: [['600', { rateLimitAddress: 600 }]],
  LICET_GEOIP_DB: [[countries, { geoipDbPath: countries }]],
  LICET_IP_STORAGE: ['full', 'truncated', 'none'].map((ipStorage) => [ipStorage, { ipStorage }]),
  LICET_HISTORY_DAYS: [['1', { historyDays: 1 }]],
  LICET_CACHE_MAX: [['1', { cacheMax: 1 }]],
  LICET_CACHE_TTL_SECONDS: [['86400', { cacheTtlSeconds: 86_400 }]],
  LICET_WEBHOOK_ALLOW_CIDRS: [['10.0.0.0/8', { webhookAllowCidrs: ['10.0.0.0/8'] }]],
  LICET_BACKUPS_KEPT: [['1', { backupsKept: 1 }]],
  LICET_CHECKPOINTS: ['own', 'external'].map((checkpoints) => [checkpoints, { checkpoints }]),
  LICET_BACKUP_CRON: [['30  2 * * 1-5', { backups: { cron: '30 2 * * 1-5' } }]],
  LICET_BACKUP_TO: [
    ['/mnt/backups/', { backups: { to: { kind: 'folder', path: '/mnt/backups' } } }],
  ],
  LICET_BACKUP_KEEP: [['7', { backups: { keep: 7, keepDays: null } }]],
  LICET_BACKUP_KEEP_DAYS: [['90', { backups: { keep: null, keepDays: 90 } }]],
  LICET_BACKUP_USAGE: [['true', { backups: { includesUsage: true } }]],
  LICET_CHECKOUT_DAYS: [['1', { checkoutDays: 1 }]],
  LICET_CHECKOUT_TEST: ['ignore', 'accept'].map((word) => [word, { checkoutTest: word }]),
  LICET_PAGES: [
    ['portal', { pages: ['portal'] }],
    ['portal, admin', { pages: ['portal', 'admin'] }],
    ['none', { pages: [] }],
  ],
  LICET_PUBLIC_URL: [
    ['https://licenses.example.com/', { publicUrl: 'https://licenses.example.com' }],
    ['http://localhost:3000/licet/', { publicUrl: 'http://localhost:3000/licet' }],
  ],
  LICET_UPDATE_URL: [
    ['https://a.io/release.json?x=1', { updateUrl: 'https://a.io/release.json?x=1' }],
    ['http://127.0.0.1:8080/r', { updateUrl: 'http://127.0.0.1:8080/r' }],
  ],
  LICET_BRAND_NAME: [['Müller & Söhne', { brand: { name: 'Müller & Söhne' } }]],
  LICET_BRAND_LOGO: [
    ['https://a.io/a.png?v=1', { brand: { logo: { kind: 'url', url: 'https://a.io/a.png?v=1' } } }],
  ],
  LICET_PORTAL: [
    ['key', { portal: ['key'] }],
    ['off', { portal: [] }],
  ],
  LICET_BRAND_COLOR: ['#0a7cff', '#abc'].map((color) => [color, { brand: { color } }]),
  LICET_RENEW_URL: [
    'https://a.io/renew?l={license}&p={plan}&s={product}',
    'https://a.io/{product}',
    'https://a.io',
  ].map((renewUrl) => [renewUrl, { renewUrl }]),
  LICET_SUPPORT_URL: [
    ['https://a.io/help', { supportUrl: 'https://a.io/help' }],
    ['Help@A.io', { supportUrl: 'mailto:help@a.io' }],
    ['mailto:help@a.io', { supportUrl: 'mailto:help@a.io' }],
  ],
  LICET_COMPAT: [
    ['keygen', { compat: ['keygen'] }],
    [
      'keygen, edd,gumroad,lemonsqueezy,trafficorchestrator,edd',
      { compat: ['trafficorchestrator', 'lemonsqueezy', 'gumroad', 'edd', 'keygen'] },
    ],
  ],
  LICET_LOG_LEVEL: ['debug', 'warn', 'error', 'silent'].map((logLevel) => [logLevel, { logLevel }]),
  LICET_LOG_FORMAT: [['pretty', { logFormat: 'pretty' }]],
}

/** Invalid values of each variable, with a part of the error message. */
const invalid: Record<string, readonly [texts: readonly string[], words: RegExp]> = {
  LICET_HOST: [['http://a.io', 'a.io/x', 'a b'], /without scheme, port or path/],
  LICET_PORT: [['-1', '65536', '3000.5', '0x10', '1e3', 'http'], /from 0 to 65535/],
  LICET_ALLOWED_HOSTS: [
    ['https://a.io', 'a.io, b.io:80', '*', ','],
    /without scheme, port or path|is empty/,
  ],
  LICET_TRUSTED_PROXIES: [['10', '10.0.0.0/33', 'a.io', '10.0.0.0/8;::1'], /ranges such as/],
  LICET_COUNTRY_HEADER: [
    ['x country', 'x:', 'cf-ipcountry'],
    /name of a header|LICET_TRUSTED_PROXIES/,
  ],
  LICET_RATE_LIMIT_API_KEY: [['0', '-1', '1000001', '10/s', 'off'], /from 1 to 1000000/],
  LICET_RATE_LIMIT_ADDRESS: [['0', '1.5', 'none'], /from 1 to 1000000/],
  LICET_GEOIP_DB: [['/there/is/none.mmdb', directory, file], /cannot be read|MaxMind/],
  LICET_IP_STORAGE: [['some', 'FULL'], /one of full, truncated, none/],
  LICET_HISTORY_DAYS: [['0', '-5', '36501', 'all'], /from 1 to 36500/],
  LICET_CACHE_MAX: [['0', '10000001'], /from 1 to/],
  LICET_CACHE_TTL_SECONDS: [['0', '86401'], /from 1 to 86400/],
  LICET_WEBHOOK_ALLOW_CIDRS: [['localhost'], /ranges such as/],
  LICET_BACKUPS_KEPT: [['0', '10001', 'all'], /from 1 to 10000/],
  LICET_CHECKPOINTS: [['off', 'litestream'], /own, external/],
  LICET_BACKUP_CRON: [
    ['daily', '@daily', '61 * * * *', '0 30 2 * * *', '0 0 30 2 *'],
    /five fields in UTC|never comes/,
  ],
  LICET_BACKUP_TO: [
    [
      's3://',
      's3://b/x',
      's3://Bucket/x',
      's3://my-bucket/ä',
      'https://my-bucket.s3.amazonaws.com',
    ],
    /a folder, or a bucket and prefix/,
  ],
  LICET_BACKUP_KEEP: [['0', '10001', 'all'], /from 1 to 10000/],
  LICET_BACKUP_KEEP_DAYS: [['0', '36501', 'all'], /from 1 to 36500/],
  LICET_BACKUP_USAGE: [['1', 'yes'], /true or false/],
  LICET_BACKUP_RECIPIENT: [
    ['age1', 'age1924560wtdyrd2002ym3y53phy63fer04wrdzq83j58pswxelya7sv95hnt', 'AGE-SECRET-KEY-1'],
    /public key/,
  ],
  LICET_BACKUP_PASSPHRASE: [['too short', 'with a \u0007 bell inside'], /12–1024 characters/],
  LICET_BACKUP_PASSPHRASE_FILE: [['/there/is/none', directory], /cannot be read/],
  LICET_CHECKOUT_DAYS: [['0', '36501', 'all'], /from 1 to 36500/],
  LICET_CHECKOUT_TEST: [['yes', 'ACCEPT'], /one of ignore, accept/],
  LICET_PAGES: [['swagger', 'Admin', 'admin,none'], /one of admin, portal/],
  LICET_COMPAT: [
    ['Keygen', 'edd,paddle', 'none', ','],
    /one of trafficorchestrator, lemonsqueezy, gumroad, edd, keygen|is empty/,
  ],
  LICET_STRIPE_SECRETS: [[',', 'short', 'long enough', 'long-enough,x'], /6–512|is empty/],
  LICET_STANDARD_SECRETS: [['whsec_', 'whsec_not base64', 'whsec_%%%%'], /6–512|in base64/],
  LICET_STRIPE_API_KEY: [['short', 'with a space', 'schlüssel-von-uns'], /API key of 8–512/],
  LICET_SMTP_URL: [
    [
      ...['mail.example.com', 'http://a.io', 'smtp://', 'smtp://a.io:0x', 'smtp://u:p/w@a.io'],
      ...[
        'smtp://u:p#w@a.io',
        'smtp://a.io/path',
        'smtp://u@a.io',
        'smtp://:p@a.io',
        'smtp://u:%@a.io',
      ],
      ...['smtp://a.io?tls=no', 'smtp://a.io?insecure=yes', 'smtp://a.io?ca=/there/is/none'],
    ],
    /must be a URL|user name and a password|unknown parameter|true or false|PEM|%25/,
  ],
  LICET_MAIL_FROM: [['licenses', 'Acme <licenses>', 'Acme <a@b.io', 'a b@c.io'], /such as Acme/],
  LICET_MAIL_TEMPLATES: [['/there/is/none', file], /directory that can be read/],
  LICET_PUBLIC_URL: [
    ['example.com', 'http://example.com', 'https://u:p@a.io', 'https://a.io/?x', 'https://a.io#x'],
    /must be an https URL/,
  ],
  LICET_UPDATE_URL: [
    [
      'a.io/r',
      'http://a.io/r',
      'https://u:p@a.io/r',
      'https://a.io/#r',
      'file:///r',
      'ftp://localhost/r',
    ],
    /must be an https URL without a user name/,
  ],
  LICET_BRAND_NAME: [['a\u0007b', 'x'.repeat(101)], /one line of up to 100/],
  LICET_BRAND_LOGO: [
    ['http://a.io/a.png', 'data:image/png;base64,AA', '/there/is/none.png', file],
    /https URL|format/,
  ],
  LICET_PORTAL: [
    ['on', 'key,off', 'mail', 'key,mail', ','],
    /one of off|must be off|LICET_SMTP_URL|empty/,
  ],
  LICET_BRAND_COLOR: [['red', '#12345', 'url(x)'], /such as #0a7cff/],
  LICET_RENEW_URL: [
    ['http://a.io', 'javascript:alert(1)', 'https://a.io/{email}', 'https://a.io/{}', 'renew'],
    /\{license\}, \{plan\} and \{product\}/,
  ],
  LICET_SUPPORT_URL: [['http://a.io', 'javascript:alert(1)', 'help'], /https URL, or an email/],
  LICET_LOG_LEVEL: [['loud'], /one of debug/],
  LICET_LOG_FORMAT: [['xml'], /one of json, pretty/],
  LICET_MASTER_SECRET: [
    ['short', secret.toString('hex'), 'ä'.repeat(43), `%%${secret.toString('base64')}`],
    /32 bytes in base64/,
  ],
  LICET_MASTER_SECRET_FILE: [[file, '/there/is/none'], /32 bytes in base64|cannot be read/],
  LICET_MASTER_SECRET_COMMAND: [
    ['/there/is/none', 'false', 'echo hunter2', 'yes', '[1]', '[]'],
    /cannot be run|exit code 1|32 bytes in base64|4096 bytes|JSON array/,
  ],
  LICET_ADMIN_TOKEN: [['too short', 'x'.repeat(129), `with space ${'x'.repeat(24)}`], /24–128/],
  LICET_TLS_CERT: [[file, certFile], /go together|PEM certificate/],
  LICET_TLS_KEY: [[file, keyFile, '/there/is/none'], /go together|PEM private key|cannot be read/],
}

describe('variable', () => {
  const accepted = Object.entries(valid).flatMap(([name, rows]) =>
    rows.map(([text, settings]) => [name, text, settings] as const),
  )
  test.each(accepted)('config: %s=%p is accepted', (name, text, settings) => {
    expect(read({ [name]: text }).config).toMatchObject(settings)
  })

  const rejected = Object.entries(invalid).flatMap(([name, [texts, words]]) =>
    texts.map((text) => [name, text, words] as const),
  )
  test.each(rejected)('config: %s=%p is rejected', (name, text, words) => {
    const problems = problemsOf({ [name]: text })
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join()).toMatch(words)
    expect(problems.every((line) => line.startsWith('LICET_'))).toBe(true)
  })
})

test('config: LICET_COUNTRY_HEADER is accepted together with trusted proxies', () => {
  const env = { LICET_COUNTRY_HEADER: 'CF-IPCountry', LICET_TRUSTED_PROXIES: '10.0.0.0/8' }
  expect(read(env).config.countryHeader).toBe('cf-ipcountry')
})

describe('invalid configuration', () => {
  test('config: all problems are reported at once, one per line', () => {
    const env = { LICET_PORT: 'x', LICET_IP_STORAGE: 'x', LICET_ADMIN_TOKEN: 'x', LICET_HOST: '/' }
    const problems = problemsOf(env)
    expect(problems.map((line) => line.split(' ')[0]).sort()).toEqual(Object.keys(env).sort())
  })

  test('config: no error message contains a secret', () => {
    const leaks = {
      LICET_MASTER_SECRET: 'a secret mistyped',
      LICET_ADMIN_TOKEN: 'hunter2',
      LICET_PADDLE_SECRETS: 'a secret with spaces',
      LICET_STANDARD_SECRETS: 'whsec_mistyped',
      LICET_PADDLE_API_KEY: 'an API key with spaces',
      LICET_SMTP_URL: 'smtp://licet:hunter3/4@mail.example.com',
    }
    const messages = problemsOf(leaks).join('\n')
    for (const value of Object.values(leaks)) expect(messages).not.toContain(value)
  })

  test('config: what a command prints is never in an error message, but its exit code is', () => {
    const command = JSON.stringify(['sh', '-c', 'printf hunt; printf er2; exit 7'])
    const messages = problemsOf({ LICET_MASTER_SECRET_COMMAND: command }).join('\n')
    expect(messages).toContain('exit code 7')
    expect(messages).not.toContain('hunter2')
  })

  test('config: standard error of a command that prints the secret is not in that of Licet', () => {
    const path = join(import.meta.dir, '../../src/platform/secret-command.ts')
    for (const exitCode of [0, 1]) {
      const text = secret.toString('base64')
      const command = JSON.stringify([
        'sh',
        '-c',
        `echo ${text}; echo ${text} >&2; exit ${exitCode}`,
      ])
      const script = `import { runSecretCommand } from ${JSON.stringify(path)}
        try { runSecretCommand(${JSON.stringify(command)}) } catch (error) { console.log(error.message) }`
      const { stdout, stderr } = Bun.spawnSync([process.execPath, '-e', script])
      expect(stdout.toString()).toContain(exitCode === 0 ? '' : 'exit code 1')
      expect(`${stdout}${stderr}`).not.toContain(text)
    }
  })

  test.each([
    ['nothing', 'exit 0'],
    ['two lines', `echo ${Buffer.alloc(32, 1).toString('base64')}; echo more`],
    ['two secrets', `for n in 1 2; do echo ${Buffer.alloc(32, 1).toString('base64')}; done`],
    ['too much', 'head -c 100000 /dev/zero | tr "\\0" a'],
  ])('config: a command that prints %s is refused', (_name, script) => {
    const command = JSON.stringify(['sh', '-c', script])
    const [problem, ...others] = problemsOf({ LICET_MASTER_SECRET_COMMAND: command })
    expect(problem).toMatch(/must print 32 bytes in base64|printed more than 4096 bytes/)
    expect(others).toEqual([])
  })
})

describe('secrets', () => {
  const masterSecretOf = (env: Environment) => Buffer.from(read(env).secrets.masterSecret ?? [])

  test.each(['base64', 'base64url'] as const)(
    'config: the master secret is read from %s',
    (encoding) => {
      expect(masterSecretOf({ LICET_MASTER_SECRET: secret.toString(encoding) })).toEqual(secret)
    },
  )

  test('config: LICET_MASTER_SECRET takes precedence over LICET_MASTER_SECRET_FILE', () => {
    expect(masterSecretOf({ LICET_MASTER_SECRET_FILE: secretFile })).toEqual(secret)
    const direct = Buffer.alloc(32, 9)
    const env = {
      LICET_MASTER_SECRET: direct.toString('base64'),
      LICET_MASTER_SECRET_FILE: secretFile,
    }
    expect(masterSecretOf(env)).toEqual(direct)
  })

  test('config: the master secret is what a command prints, which no shell runs', () => {
    const text = secret.toString('base64')
    const commands = [`echo ${text}`, JSON.stringify(['printf', '%s', text])]
    for (const command of commands) {
      expect(masterSecretOf({ LICET_MASTER_SECRET_COMMAND: command })).toEqual(secret)
    }
    const inShell = `echo ${text} | cat`
    expect(problemsOf({ LICET_MASTER_SECRET_COMMAND: inShell })).toHaveLength(1)
  })

  test.each(['x'.repeat(24), 'x'.repeat(128), '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'])(
    'config: the admin token %p is accepted',
    (token) => {
      expect(read({ LICET_ADMIN_TOKEN: token }).secrets.adminToken).toBe(token)
    },
  )

  test('config: each checkout provider has its own secrets', () => {
    const env = {
      LICET_STRIPE_SECRETS: ' whsec_old, whsec_new ',
      LICET_STANDARD_SECRETS: 'whsec_c2VjcmV0,plain-secret',
      LICET_STRIPE_API_KEY: 'a-restricted-key',
    }
    expect(read(env).secrets.checkout).toEqual({
      signing: {
        stripe: ['whsec_old', 'whsec_new'],
        paddle: [],
        lemonsqueezy: [],
        polar: [],
        standard: ['whsec_c2VjcmV0', 'plain-secret'],
      },
      apiKeys: { stripe: 'a-restricted-key', paddle: null },
    })
    expect(JSON.stringify(read(env).config)).not.toContain('whsec_')
  })

  test('config: the TLS key must belong to the certificate', () => {
    const env = { LICET_TLS_CERT: certFile, LICET_TLS_KEY: keyFile }
    expect(read(env).config.tls).toEqual({ certPath: certFile, keyPath: keyFile })
    expect(problemsOf({ ...env, LICET_TLS_KEY: otherKeyFile })).toEqual([
      'LICET_TLS_KEY is not the private key of the certificate in LICET_TLS_CERT.',
    ])
    expect(problemsOf({ ...env, LICET_TLS_CERT: '/there/is/none' })).toHaveLength(1)
  })
})

test('config: an unknown LICET_ variable is listed and is not an error', () => {
  const { unknown } = read({ LICET_PROT: '99', LICET_PORT: '99', OTHER: '1' })
  expect(unknown).toEqual(['LICET_PROT'])
})

describe('mail', () => {
  const from = { LICET_MAIL_FROM: 'a@b.io' }
  const smtpOf = (url: string) => read({ ...from, LICET_SMTP_URL: url }).secrets.smtp

  test('config: LICET_SMTP_URL and LICET_MAIL_FROM go together', () => {
    expect(problemsOf(from)).toHaveLength(1)
    expect(problemsOf({ LICET_SMTP_URL: 'smtp://a.io' }).join()).toContain('go together')
    expect(read({}).secrets.smtp).toBeNull()
  })

  test.each([
    ['smtp://a.io', { host: 'a.io', port: 587, tls: 'required', verifiesCertificate: true }],
    ['smtp://a.io:25?insecure=true', { port: 25, tls: 'optional', verifiesCertificate: false }],
    ['smtps://A.io', { host: 'a.io', port: 465, tls: 'implicit', verifiesCertificate: true }],
    ['smtps://a.io?insecure', { tls: 'implicit', verifiesCertificate: false }],
    ['smtp://localhost:25', { tls: 'optional', verifiesCertificate: false }],
    ['smtp://127.0.0.1', { tls: 'optional' }],
    ['smtp://[::1]:2525/', { host: '::1', port: 2525, tls: 'optional' }],
    ['smtp://localhost.example.com', { tls: 'required' }],
    ['smtp://localhost?insecure=false', { tls: 'required', verifiesCertificate: true }],
    ['smtps://localhost', { tls: 'implicit', verifiesCertificate: true }],
    ['smtp://a.io?tls.rejectUnauthorized=false', { tls: 'required', verifiesCertificate: false }],
    ['smtp://u%40a.io:p%2F%23@a.io', { credentials: { user: 'u@a.io', password: 'p/#' } }],
  ])('config: LICET_SMTP_URL=%s is %j', (url, expected) => {
    expect(smtpOf(url)).toMatchObject(expected)
  })

  test.each([
    ['Licenses@A.io', { name: '', address: 'licenses@a.io' }],
    ['Acme Software <a@b.io>', { name: 'Acme Software', address: 'a@b.io' }],
    ['"Müller, Söhne" <a@b.io>', { name: 'Müller, Söhne', address: 'a@b.io' }],
    ['<a@münchen.example>', { name: '', address: 'a@xn--mnchen-3ya.example' }],
  ])('config: LICET_MAIL_FROM=%s is %j', (text, mailFrom) => {
    const env = { LICET_SMTP_URL: 'smtp://a.io', LICET_MAIL_FROM: text }
    expect(read(env).config.mailFrom).toEqual(mailFrom)
  })

  test('config: templates are read at the start, and a mistake in one is reported', () => {
    const templates = join(directory, 'templates')
    mkdirSync(templates)
    const env = { LICET_MAIL_TEMPLATES: templates }
    writeFileSync(join(templates, 'README.md'), 'ignored')
    writeFileSync(join(templates, 'key.html'), '<p>{{key}}</p>')
    expect(read(env).config.mailTemplates).toEqual({ 'key.html': '<p>{{key}}</p>' })
    writeFileSync(join(templates, 'key.txt'), 'Subject: x\n{{licence_key}}')
    expect(problemsOf(env).join()).toMatch(/key\.txt that has the unknown placeholder/)
    writeFileSync(join(templates, 'key.txt'), 'no subject')
    expect(problemsOf(env).join()).toMatch(/key\.txt that must start with a line such as: Subject/)
    rmSync(join(templates, 'key.txt'))
    writeFileSync(join(templates, 'keys.txt'), 'Subject: x\n\ny')
    expect(problemsOf(env).join()).toMatch(/unknown file keys\.txt/)
  })
})
