import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { getActivationValue, type Hostname, parseHostname } from '~/domain/hostnames.ts'
import vectors from '../../sdks/conformance/vectors/hostnames.json'

function parse(text: string): Hostname {
  const hostname = parseHostname(text)
  if (hostname === null) throw new Error(`${text} is not a host`)
  return hostname
}

const validVectors = vectors.hostnames.filter(({ host }) => host !== null)
const invalidVectors = vectors.hostnames.filter(({ host }) => host === null)

test.each(validVectors)(
  'hostname vectors: $text is parsed as $host',
  ({ text, host, root, development }) => {
    expect(parseHostname(text)).toEqual({ host, root, isDevelopment: development } as Hostname)
  },
)

test.each(invalidVectors.map(({ text }) => text))('hostname vectors: %j is not a host', (text) => {
  expect(parseHostname(text)).toBeNull()
})

test.each(validVectors)(
  'hostname vectors: parsing the normal form of $text returns it unchanged',
  ({ text }) => {
    const hostname = parse(text)
    expect(parseHostname(hostname.host)).toEqual(hostname)
  },
)

const pieces = fc.constantFrom(
  ...['www.', 'com', 'github.io', 'localhost', '.test', 'xn--', '//', 'http:', '127', '0x7f', '::'],
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

test('hostnames: parsing a normal form returns it unchanged, for any text', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const hostname = parseHostname(text)
      if (hostname !== null) expect(parseHostname(hostname.host)).toEqual(hostname)
    }),
    { numRuns: 2000 },
  )
})

test('hostnames: upper case, a trailing dot or a URL around it give the same host', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.ipV4()), (name) => {
      const hostname = parseHostname(name)
      for (const same of [name.toUpperCase(), `${name}.`, `https://${name}:8443/a?b#c`]) {
        expect(parseHostname(same)).toEqual(hostname)
      }
    }),
  )
})

test('hostnames: a host ends with its root at a label boundary', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { host, root } = parseHostname(text) ?? { host: '', root: null }
      if (root !== null) expect(`.${host}`).toEndWith(`.${root}`)
    }),
    { numRuns: 2000 },
  )
})

test.each(['a', 'a.', '.', ':', ' ', 'http://', 'ü', '💩.', '\u00ad', '['])(
  'hostnames: 10,000 × %j is not a host',
  (unit) => {
    expect(parseHostname(unit.repeat(10_000))).toBeNull()
  },
)

test('hostnames: a URL may have a path of any length', () => {
  expect(parseHostname(`https://example.com/${'a'.repeat(10_000)}`)?.host).toBe('example.com')
})

test.each([
  ['www.example.com', 'example.com', 'example.com'],
  ['shop.example.co.uk', 'shop.example.co.uk', 'example.co.uk'],
  ['a.user.github.io', 'a.user.github.io', 'user.github.io'],
  ['localhost', 'localhost', 'localhost'],
  ['8.8.8.8', '8.8.8.8', '8.8.8.8'],
])('hostnames: %s is activated as %s, or as %s with its subdomains', (text, exact, subdomains) => {
  expect(getActivationValue(parse(text), 'exact')).toBe(exact)
  expect(getActivationValue(parse(text), 'subdomains')).toBe(subdomains)
})
