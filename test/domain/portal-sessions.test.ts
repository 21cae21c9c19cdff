import { expect, test } from 'bun:test'
import { formatPortalCode, isCodeRight, parsePortalCode } from '~/domain/portal-codes.ts'
import { isPortalSessionLive, isVisible, maskEmail } from '~/domain/portal-sessions.ts'
import { startMs } from '../support/samples.ts'

const MINUTE_MS = 60_000

test.each([
  ['dev@example.com', 'd…@e….com'],
  ['a@b.io', 'a…@b….io'],
  ['élan@münchen.de', 'é…@m….de'],
  ['𝒳y@mail.example.co.uk', '𝒳…@m….uk'],
])('portal: the address %p is shown as %p to who only has a key', (email, masked) => {
  expect(maskEmail(email)).toBe(masked)
})

const session = {
  id: 'psn_1',
  createdAtMs: startMs,
  address: null,
  userAgent: null,
} as const

test.each([
  [0, true],
  [120 * MINUTE_MS - 1, true],
  [120 * MINUTE_MS, false],
  [-60 * MINUTE_MS, false],
])('portal: a session that began %p ms ago is live: %p', (ageMs, isLive) => {
  const visitor = { kind: 'license', licenseId: 'lic_1' } as const
  expect(isPortalSessionLive({ ...session, visitor }, startMs + ageMs)).toBe(isLive)
})

test.each([
  ['lic_1', 'ann@example.com', true, true],
  ['lic_2', 'ann@example.com', true, false],
  ['lic_1', 'bob@example.com', false, true],
  ['lic_1', null, false, true],
  ['lic_2', null, false, false],
])(
  'portal: license %p of %p is shown by address: %p, by key: %p',
  (id, customerEmail, one, other) => {
    const byEmail = { kind: 'email', customerEmail: 'ann@example.com' } as const
    const byKey = { kind: 'license', licenseId: 'lic_1' } as const
    expect(isVisible({ ...session, visitor: byEmail }, { id, customerEmail })).toBe(one)
    expect(isVisible({ ...session, visitor: byKey }, { id, customerEmail })).toBe(other)
  },
)

test('portal: a code always has 8 digits, and depends on all of the random bytes', () => {
  const codeOf = (...bytes: number[]) =>
    formatPortalCode(new Uint8Array(8).map((_, at) => bytes[at] ?? 0))
  expect(codeOf()).toBe('00000000')
  expect(codeOf(0, 0, 0, 0, 0, 0, 0, 7)).toBe('00000007')
  expect(codeOf(255, 255, 255, 255, 255, 255, 255, 255)).toBe('09551615')
  expect(codeOf(1)).not.toBe(codeOf(2))
})

test.each([
  ['12345678', '12345678'],
  [' 1234 5678\n', '12345678'],
  ['1234-5678', '12345678'],
  ['１２３４５６７８', '12345678'],
  ['12 34\u00a056 78', '12345678'],
])('portal: the code %p is read as %p', (text, code) => {
  expect(parsePortalCode(text)).toBe(code)
})

test.each([
  ['hash', 0, 0, true],
  ['other', 0, 0, false],
  ['hash', 4, 0, true],
  ['hash', 5, 0, false],
  ['hash', 0, 10 * MINUTE_MS - 1, true],
  ['hash', 0, 10 * MINUTE_MS, false],
  ['hash', 0, -60 * MINUTE_MS, false],
])(
  'portal: code %p after %p wrong ones and %p ms is right: %p',
  (given, attempts, ageMs, isRight) => {
    const code = {
      customerEmail: 'ann@example.com',
      codeHash: 'hash',
      attempts,
      createdAtMs: startMs,
    }
    expect(isCodeRight(code, given, startMs + ageMs)).toBe(isRight)
  },
)
