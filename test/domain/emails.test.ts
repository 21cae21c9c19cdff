import { expect, test } from 'bun:test'
import { foldEmail, formatEmail, listEmailSpellings, normalizeEmail } from '~/domain/emails.ts'

test.each([
  ['Dev@Example.COM', 'dev@example.com'],
  ['dev@example.com.', 'dev@example.com'],
  ['dev@bücher.de', 'dev@xn--bcher-kva.de'],
  ['DEV@BÜCHER.DE', 'dev@xn--bcher-kva.de'],
  ['dev@bu\u0308cher.de', 'dev@xn--bcher-kva.de'],
  ['dev@XN--BCHER-KVA.de', 'dev@xn--bcher-kva.de'],
  ['dev@例え。テスト', 'dev@xn--r8jz45g.xn--zckzah'],
  ['jose\u0301@example.com', 'josé@example.com'],
  ['dev@localhost', 'dev@localhost'],
  ['dev@[127.0.0.1]', 'dev@[127.0.0.1]'],
])('emails: %s is compared as %s', (text, email) => {
  expect(normalizeEmail(text)).toBe(email)
  expect(normalizeEmail(email)).toBe(email)
})

test.each([
  'dev@“example”.com',
  'dev@exämple com',
  'dev@ü/x',
  'dev@ü:80',
  'dev@xn--a',
  'dev@ü..de',
  'dev@example..com',
  'dev@example.com..',
  'dev@.example.com',
  'dev@-example.com',
  'dev@example.com>',
  'dev@example.com/',
  'dev@example.com:25',
])('emails: %s has no valid domain', (text) => {
  expect(normalizeEmail(text)).toBeNull()
})

test('emails: an address is also known in the spelling that people read', () => {
  expect(formatEmail('dev@xn--bcher-kva.de')).toBe('dev@bücher.de')
  expect(listEmailSpellings('dev@xn--bcher-kva.de')).toEqual([
    'dev@xn--bcher-kva.de',
    'dev@bücher.de',
  ])
  expect(listEmailSpellings('dev@example.com')).toEqual(['dev@example.com'])
})

test.each([
  ['dev@example.com', null],
  ['dev@xn--bcher-kva.de', 'dev@bucher.de'],
  ['straße@example.com', 'strasse@example.com'],
])('emails: %s is searched as %s', (email, folded) => {
  expect(foldEmail(email)).toBe(folded)
})
