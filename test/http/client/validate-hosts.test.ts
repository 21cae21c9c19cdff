import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'

/** Domains as apps send them, with example.com, a.io and münchen.de activated and no free slot. */
const verdicts: Record<string, readonly string[]> = {
  valid: [
    'a.io',
    'A.IO',
    'a.io.',
    'www.a.io',
    'WWW.a.io.',
    'a.io:8080',
    'https://a.io',
    'https://a.io:443/wp-admin/?page=1#top',
    '//a.io/x',
    '  a.io\t',
    'ａ.io',
    'a。io',
    'MÜNCHEN.de',
    'xn--mnchen-3ya.de',
    'staging.example.com',
    'STAGING.Example.com:8443',
  ],
  'valid for development': [
    'localhost',
    'localhost:3000',
    'shop.localhost',
    'mysite.test',
    'mysite.local',
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '192.168.1.20:8000',
    '[::1]:3000',
    '::ffff:10.0.0.1',
  ],
  DOMAIN_LIMIT_REACHED: [
    'a.io.evil.com',
    'evil-a.io',
    'data.io',
    'aa.io',
    'b.a.io',
    'a.iox',
    'a.i0',
    'а.io',
    'wwwa.io',
    'www.b.io',
    'stagingcorp.com',
    'staging.a.io.evil.com',
    'staging-example.com',
    'staging.evil.com',
    'xstaging.example.com',
    'staging.example.com.evil.com',
    'staging.sub.example.com',
    'example.com.evil.com',
    'muenchen.de',
    'localhost.evil.com',
    'localhost.com',
    '127.0.0.1.nip.io',
    '127.0.0.1.evil.com',
    'test.com',
    'mytest.io',
    'internal.example.org',
    '8.8.8.8',
    '172.32.0.1',
    '[2606:4700::1111]',
  ],
  DOMAIN_INVALID: [
    '',
    ' ',
    '.',
    'notlocalhost',
    'com',
    'co.uk',
    'github.io',
    'a.io@evil.com',
    'https://a.io@evil.com/',
    'https://user:secret@a.io/',
    'evil.com\\@a.io',
    'a.io%2eevil.com',
    'a.io%00',
    'a..io',
    '-a.io',
    'a b.io',
    '*.a.io',
    'a.io,b.io',
    `${'a'.repeat(64)}.io`,
    `${'a.'.repeat(130)}io`,
    '300.1.1.1',
    'http://',
    'javascript:alert(1)',
  ],
}

test('validate: a domain is recognized however it is written, and lookalikes are not', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { free_domain_patterns: ['staging.*'] })
  const { id, key } = await app.createLicense({ domains: ['example.com', 'a.io', 'münchen.de'] })
  for (const [expected, domains] of Object.entries(verdicts)) {
    for (const domain of domains) {
      const { body } = await app.validate({ key, domain })
      const verdict = body.valid ? 'valid' : body.error
      expect({ domain, verdict }).toEqual({ domain, verdict: expected.split(' ')[0] ?? '' })
    }
  }
  const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(body.domains).toEqual(['example.com', 'a.io', 'xn--mnchen-3ya.de'])
  const list = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(list.body.data).toHaveLength(4)
})

test('validate: with domain_match subdomains, a slot covers one registrable domain', async () => {
  await using app = await openTestApp()
  const terms = { max_domains: 2, domain_match: 'subdomains' }
  await app.send('PUT', '/api/v1/plans/professional', terms)
  const { key } = await app.createLicense({ domains: ['shop.example.co.uk', 'me.github.io'] })
  const verdictOn = async (domain: string) => (await app.validate({ key, domain })).body.valid
  for (const domain of [
    'example.co.uk',
    'a.b.example.co.uk',
    'www.me.github.io',
    'x.me.github.io',
  ]) {
    expect([domain, await verdictOn(domain)]).toEqual([domain, true])
  }
  for (const domain of ['other.co.uk', 'example.com', 'you.github.io', 'shop-example.co.uk']) {
    expect([domain, await verdictOn(domain)]).toEqual([domain, false])
  }
})
