import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  getActivationValue,
  type Hostname,
  isFreePattern,
  matchesFreePattern,
  parseHostname,
} from '~/domain/hostnames.ts'
import vectors from '../vectors/hostnames.json'

function parse(text: string): Hostname {
  const hostname = parseHostname(text)
  if (hostname === null) throw new Error(`${text} is no host`)
  return hostname
}

describe('the published vectors', () => {
  const valid = vectors.hostnames.filter(({ host }) => host !== null)
  const invalid = vectors.hostnames.filter(({ host }) => host === null)

  test.each(valid)('$text is the host $host', ({ text, host, root, development }) => {
    expect(parseHostname(text)).toEqual({ host, root, isDevelopment: development } as Hostname)
  })

  test.each(invalid.map(({ text }) => text))('%j is no host', (text) => {
    expect(parseHostname(text)).toBeNull()
  })

  test.each(valid)('the host of $text is its own normal form', ({ text }) => {
    const hostname = parse(text)
    expect(parseHostname(hostname.host)).toEqual(hostname)
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'www.',
      'com',
      'github.io',
      'localhost',
      '.test',
      'xn--',
      '//',
      'http:',
      '127',
      '0x7f',
      '::',
    ],
    ...[
      'ffff:',
      '。',
      '．',
      'ß',
      'İ',
      '\u0301',
      '\u200d',
      '℀',
      '＠',
      '\ud800',
      ...'w1.-_:[]/@%#?*\\ \0',
    ],
  )
  const hostLikeTexts = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''))
  const texts = fc.oneof(hostLikeTexts, fc.string({ unit: 'binary' }), fc.webUrl(), fc.ipV6())

  test('is refused or has a normal form, which is read as itself', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const hostname = parseHostname(text)
        if (hostname !== null) expect(parseHostname(hostname.host)).toEqual(hostname)
      }),
      { numRuns: 2000 },
    )
  })

  test('names the same host in upper case, with a trailing dot, in a URL', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4()), (name) => {
        const hostname = parseHostname(name)
        for (const same of [name.toUpperCase(), `${name}.`, `https://${name}:8443/a?b#c`]) {
          expect(parseHostname(same)).toEqual(hostname)
        }
      }),
    )
  })

  test('that has a root lies under it by whole labels', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { host, root } = parseHostname(text) ?? { host: '', root: null }
        if (root !== null) expect(`.${host}`).toEndWith(`.${root}`)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['a', 'a.', '.', ':', ' ', 'http://', 'ü', '💩.', '\u00ad', '['])(
    '10,000 × %j is no host',
    (unit) => {
      expect(parseHostname(unit.repeat(10_000))).toBeNull()
    },
  )

  test('may be a URL whose path is as long as it likes', () => {
    expect(parseHostname(`https://example.com/${'a'.repeat(10_000)}`)?.host).toBe('example.com')
  })
})

describe('getActivationValue', () => {
  test.each([
    ['www.example.com', 'example.com', 'example.com'],
    ['shop.example.co.uk', 'shop.example.co.uk', 'example.co.uk'],
    ['a.user.github.io', 'a.user.github.io', 'user.github.io'],
    ['localhost', 'localhost', 'localhost'],
    ['8.8.8.8', '8.8.8.8', '8.8.8.8'],
  ])('%s occupies %s, with its subdomains %s', (text, exact, subdomains) => {
    expect(getActivationValue(parse(text), 'exact')).toBe(exact)
    expect(getActivationValue(parse(text), 'subdomains')).toBe(subdomains)
  })
})

describe('free patterns', () => {
  const allowed = ['staging.*', 'dev-*.*', '*-preview.*', 'pr-*-web.*', '*.staging.*', '*.*']
  test.each([...allowed, 'a.b.c.*', 'my_dev.*', 'xn--bcher-kva.*'])('%s may be held', (pattern) => {
    expect(isFreePattern(pattern)).toBe(true)
  })

  const refused = ['', '*', '.*', 'staging', 'staging.example.com', 'staging*', 'staging.*.com']
  test.each([
    ...refused,
    ...[
      'Staging.*',
      '**.*',
      '*a*.*',
      '-dev.*',
      'dev-.*',
      'a..*',
      '..*',
      ' staging.*',
      'staging.* ',
    ],
    ...['stäging.*', 'a/b.*', 'a:1.*', `${'a'.repeat(64)}.*`, `${'a.'.repeat(127)}*`],
  ])('%j may not be held', (pattern) => {
    expect(isFreePattern(pattern)).toBe(false)
  })

  test.each([
    ['staging.*', 'staging.example.com', true],
    ['staging.*', 'www.staging.example.co.uk', true],
    ['staging.*', 'https://STAGING.example.com:8443/', true],
    ['staging.*', 'staging.user.github.io', true],
    ['staging.*', 'stagingcorp.com', false],
    ['staging.*', 'staging.com', false],
    ['staging.*', 'staging.co.uk', false],
    ['staging.*', 'staging.github.io', false],
    ['staging.*', 'example.com', false],
    ['staging.*', 'staging2.example.com', false],
    ['staging.*', 'my-staging.example.com', false],
    ['staging.*', 'a.staging.example.com', false],
    ['staging.*', 'staging.a.example.com', false],
    ['staging.*', 'localhost', false],
    ['staging.*', '8.8.8.8', false],
    ['*.staging.*', 'a.staging.example.com', true],
    ['*.staging.*', 'staging.example.com', false],
    ['*.staging.*', 'a.b.staging.example.com', false],
    ['dev-*.*', 'dev-7.example.com', true],
    ['dev-*.*', 'dev-a-b.example.com', true],
    ['dev-*.*', 'dev.example.com', false],
    ['dev-*.*', 'dev-7.a.example.com', false],
    ['dev*.*', 'dev.example.com', true],
    ['*-preview.*', 'shop-preview.example.com', true],
    ['*-preview.*', 'preview.example.com', false],
    ['ab*ba.*', 'abba.example.com', true],
    ['ab*ba.*', 'aba.example.com', false],
    ['*.*', 'shop.example.com', true],
    ['*.*', 'example.com', false],
  ])('%s frees %s: %p', (pattern, text, isFree) => {
    expect(matchesFreePattern([pattern], parse(text))).toBe(isFree)
  })

  test('one pattern that matches is enough, and none match nothing', () => {
    const hostname = parse('dev.example.com')
    expect(matchesFreePattern(['staging.*', 'dev.*'], hostname)).toBe(true)
    expect(matchesFreePattern([], hostname)).toBe(false)
  })
})
