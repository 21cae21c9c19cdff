import { expect, test } from 'bun:test'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { Plan } from '~/domain/plans.ts'
import { DAY_MS } from '~/domain/times.ts'
import { anOrder, aPlan, createId, startMs } from '../support/samples.ts'

function decide(terms: Partial<Plan>, ...orders: readonly Partial<LicenseOrder>[]) {
  return decideIssuance(
    { plan: aPlan(terms), existing: [] },
    orders.map(anOrder),
    () => createId('act'),
    startMs,
  )
}

function issueOne(terms: Partial<Plan>, order: Partial<LicenseOrder> = {}) {
  const { changes } = decide(terms, order)
  const creation = changes.find((change) => change.type === 'license.create')
  const domains = changes.flatMap((change) =>
    change.type === 'activation.create' ? [change.activation.value] : [],
  )
  return { license: creation?.license, domains }
}

const days = (count: number) => startMs + count * DAY_MS

test.each([
  ['never, on a plan without a duration', {}, undefined, null, null],
  ['after the duration of the plan', { durationDays: 30 }, undefined, days(30), days(30)],
  [
    'with grace added to the end of service',
    { durationDays: 30, graceDays: 7 },
    undefined,
    days(30),
    days(37),
  ],
  ['at the time ordered', { durationDays: 30, graceDays: 7 }, days(5), days(5), days(12)],
  ['never, if ordered as perpetual', { durationDays: 30 }, null, null, null],
  [
    'never, if it starts with the first validation but has no duration',
    { startsOn: 'first_validation' },
    undefined,
    null,
    null,
  ],
] as const)('issuance: a new license expires %s', (_what, terms, expiresAtMs, expires, ends) => {
  const { license } = issueOne(terms, { expiresAtMs })
  expect(license).toMatchObject({ expiresAtMs: expires, endsAtMs: ends, pendingDays: null })
})

test('issuance: a license that starts with its first validation has no end before it', () => {
  const waiting = { startsOn: 'first_validation', durationDays: 30, graceDays: 7 } as const
  expect(issueOne(waiting).license).toMatchObject({
    expiresAtMs: null,
    endsAtMs: null,
    pendingDays: 30,
  })
  const ordered = issueOne(waiting, { expiresAtMs: days(5) })
  expect(ordered.license).toMatchObject({ expiresAtMs: days(5), pendingDays: null })
  const perpetual = issueOne(waiting, { expiresAtMs: null })
  expect(perpetual.license).toMatchObject({ expiresAtMs: null, pendingDays: null })
})

test('issuance: ordered domains are activated once each, in order', () => {
  const domains = ['Example.com', 'https://www.example.com/x', 'a.example.com', 'b.io']
  expect(issueOne({}, { domains }).domains).toEqual(['example.com', 'a.example.com', 'b.io'])
  expect(issueOne({ domainMatch: 'subdomains' }, { domains }).domains).toEqual([
    'example.com',
    'b.io',
  ])
})

test('issuance: development domains take no slot unless the plan counts them', () => {
  const domains = ['localhost', 'app.test', '192.168.0.1']
  expect(issueOne({ maxDomains: 0 }, { domains }).domains).toEqual([])
  const counted = issueOne({ developmentDomainsFree: false }, { domains })
  expect(counted.domains).toEqual(domains)
})

test.each([
  ['the plan', { maxDomains: 2 }, {}],
  ['the license', { maxDomains: 9 }, { maxDomains: 2 }],
])('issuance: ordered domains cannot exceed the limit of %s', (_whose, terms, overrides) => {
  const order = (...domains: string[]) => issueOne(terms, { overrides, domains })
  expect(order('a.io', 'b.io', 'www.a.io').domains).toEqual(['a.io', 'b.io'])
  expect(() => order('a.io', 'b.io', 'c.io')).toThrow(
    expect.objectContaining({
      kind: 'validation_failed',
      errors: [expect.objectContaining({ pointer: '/domains' })],
    }),
  )
  const unlimited = { ...overrides, maxDomains: null }
  expect(
    issueOne(terms, { overrides: unlimited, domains: ['a.io', 'b.io', 'c.io'] }).domains,
  ).toHaveLength(3)
})

test.each(['', 'co.uk', 'a b.com', 'user@a.io'])(
  'issuance: the invalid domain %p is rejected and pointed at',
  (text) => {
    expect(() => issueOne({}, { domains: ['a.io', text] })).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/domains/1' })] }),
    )
  },
)

test('issuance: license.created precedes the activation.created of each license', () => {
  const { events } = decide({}, { domains: ['a.io'] }, {})
  expect(events.map(({ type }) => type)).toEqual([
    'license.created',
    'activation.created',
    'license.created',
  ])
})

test('issuance: one invalid order rejects the whole purchase', () => {
  expect(() => decide({ maxDomains: 0 }, {}, { domains: ['a.io'] })).toThrow()
})

test('issuance: a new license is unused, active, at version 1 and has the ordered terms', () => {
  const order = {
    customerEmail: 'ada@example.com',
    customerName: 'Ada',
    metadata: { note: null },
    externalRef: 'o-1',
    overrides: { maxSeats: 0 },
  }
  expect(issueOne({}, order).license).toMatchObject({
    ...order,
    planSlug: 'professional',
    productSlug: 'default',
    version: 1,
    createdAtMs: startMs,
    updatedAtMs: startMs,
    activatedAtMs: null,
    suspendedAtMs: null,
    revokedAtMs: null,
    domainsUsed: 0,
    devicesUsed: 0,
  })
})
