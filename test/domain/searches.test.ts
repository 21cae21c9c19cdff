import { describe, expect, test } from 'bun:test'
import { findTypo, listNearKeys } from '~/domain/key-typos.ts'
import { listSearchWords } from '~/domain/search-words.ts'
import { decideReading, parseSearch } from '~/domain/searches.ts'

const key = 'TO-7Q4M-X0ZD-9KTB-2F17'
const uuid = '0b9d0c6e-5f0e-4d3a-9b51-6d0a7a1c2e3f'

describe('key typos', () => {
  test.each([
    ['a wrong symbol', 'TO-7Q4M-X0ZD-9KTB-2F16', key],
    ['two swapped symbols', 'TO-7Q4M-X0DZ-9KTB-2F17', key],
    ['a missing symbol', 'TO-7Q4M-X0ZD-9KT-2F17', key],
    ['a missing symbol and no dashes', 'to7q4mx0zd9kt2f17', key],
    ['a surplus symbol', 'TO-7Q4M-X0ZD-9KTTB-2F17', key],
    ['a wrong prefix', 'TP-7Q4M-X0ZD-9KTB-2F17', key],
    ['a label around it', 'License key: TO-7Q4M-X0ZD-8KTB-2F17.', key],
    ['a wrong symbol of an imported key', uuid.replace('c', 'd'), uuid],
    ['a missing symbol of an imported key', uuid.replace('c', ''), uuid],
  ])('key typos: %s leads back to the key', (_what, typed, wanted) => {
    expect(listNearKeys(typed)).toContain(wanted)
  })

  test.each([key, 'dev@example.com', 'Christopher-Robin', 'shop.example.com', 'x1'.repeat(19)])(
    'key typos: %p is no key with a typo',
    (text) => {
      expect(listNearKeys(text)).toEqual([])
    },
  )
})

test.each([
  ['lic_01jg3m8v5mf1x8yq1r5c2w7h3k', 'id'],
  [key, 'key'],
  [`“${key.toLowerCase()}”`, 'key'],
  ['TO-****-****-****-2F17', 'key'],
  ['****2f17', 'key'],
  ['2F17', 'key'],
  ['TO-7Q4M-X0ZD-9KTB-2F16', 'mistyped_key'],
  ['Dev@Bücher.de', 'email'],
  ['Ada <dev@example.com>', 'email'],
  ['mailto:dev@example.com', 'email'],
  ['@example.com', 'email_domain'],
  ['example.com', 'domain'],
  ['https://shop.example.com:8443/cart?id=1', 'domain'],
  ['10.0.0.7', 'domain'],
  ['Ada', 'name'],
  ['ada lovelace', 'name'],
  ['…', 'name'],
] as const)('searches: %p that nothing matches is read as %s', (text, reading) => {
  expect(decideReading(text, null)).toBe(reading)
})

test('searches: an address has one form, however it is written', () => {
  for (const text of ['Straße@Bücher.de', 'straße@bu\u0308cher.de', '<STRAßE@xn--bcher-kva.de>,']) {
    expect(parseSearch(text).email).toEqual({
      exact: 'straße@xn--bcher-kva.de',
      folded: 'strasse@bucher.de',
    })
  }
})

test('searches: a text longer than any stored one is only a key or a site', () => {
  const url = `https://www.example.com/${'a/'.repeat(2000)}`
  expect(parseSearch(url)).toMatchObject({ domains: ['example.com'], nameWords: [], start: '' })
})

test('search words: those of the name, the domain of the address, and the reference', () => {
  const words = listSearchWords({
    customerEmail: 'ada@mail.xn--bcher-kva.de',
    customerName: "Zoë O'Brien-Straße (ΟΔΟΣ)",
    externalRef: 'Order Ä-1',
  })
  expect(words).toEqual([
    ...['zoe', 'o', 'brien', 'strasse', 'οδοσ'],
    ...['@mail.bucher.de', '@bucher.de', '#order a-1'],
  ])
})

test('search words: a name that is written without spaces is found by each part', () => {
  const name = { customerEmail: null, customerName: '山田太郎', externalRef: null }
  expect(listSearchWords(name)).toEqual(['山田太郎', '田太郎', '太郎', '郎'])
})

test('search words: an erased license without a reference has none', () => {
  const erased = { customerEmail: null, customerName: null, externalRef: null }
  expect(listSearchWords(erased)).toEqual([])
})

test('key typos: the first character that differs is counted in the text as it was typed', () => {
  const key = 'TO-7Q4M-X0ZD-9KTB-2F17'
  const cases: [string, number | null][] = [
    ['TO-7Q4M-X0ZD-9KTB-2F18', 22],
    [' to-7q4m-xOzd-9ktb-2fl8', 22],
    ['TO 7Q4M XOZD 8KTB 2F17', 14],
    ['TO7Q4MX0ZD9KTB2F1', 18],
    ['TO-7Q4M-X0ZD-9KTB-2F177', 23],
    ['T0-Q74M-X0ZD-9KTB-2F17', 4],
    ['TO--7Q4M-X0ZD-9KTB-2F17', null],
  ]
  for (const [text, typoAt] of cases) expect([text, findTypo(text, key)]).toEqual([text, typoAt])
})
