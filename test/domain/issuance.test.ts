import { describe, expect, test } from 'bun:test'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { Plan } from '~/domain/plans.ts'
import { DAY_MS } from '~/domain/times.ts'
import { anOrder, aPlan, createId, startMs } from '../support/samples.ts'

function decide(terms: Partial<Plan>, ...orders: readonly Partial<LicenseOrder>[]) {
  return decideIssuance(aPlan(terms), orders.map(anOrder), () => createId('act'), startMs)
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

describe('the end of a new license', () => {
  test.each([
    ['never, by a plan without duration', {}, undefined, null, null],
    ['after the duration of the plan', { durationDays: 30 }, undefined, days(30), days(30)],
    ['later by its grace', { durationDays: 30, graceDays: 7 }, undefined, days(30), days(37)],
    ['as ordered', { durationDays: 30, graceDays: 7 }, days(5), days(5), days(12)],
    ['never, as ordered', { durationDays: 30 }, null, null, null],
    ['never, to begin with no duration', { startsOn: 'first_validation' }, undefined, null, null],
  ] as const)('is %s', (_what, terms, expiresAtMs, expires, ends) => {
    const { license } = issueOne(terms, { expiresAtMs })
    expect(license).toMatchObject({ expiresAtMs: expires, endsAtMs: ends, pendingDays: null })
  })

  test('is not known before the first validation, where the plan starts with it', () => {
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
})

describe('the domains of an order', () => {
  test('are activated, each once, in their order', () => {
    const domains = ['Example.com', 'https://www.example.com/x', 'a.example.com', 'b.io']
    expect(issueOne({}, { domains }).domains).toEqual(['example.com', 'a.example.com', 'b.io'])
    expect(issueOne({ domainMatch: 'subdomains' }, { domains }).domains).toEqual([
      'example.com',
      'b.io',
    ])
  })

  test('take no slot for development, unless the plan counts them', () => {
    const domains = ['localhost', 'app.test', '192.168.0.1']
    expect(issueOne({ maxDomains: 0 }, { domains }).domains).toEqual([])
    const counted = issueOne({ developmentDomainsFree: false }, { domains })
    expect(counted.domains).toEqual(domains)
  })

  test.each([
    ['the plan', { maxDomains: 2 }, {}],
    ['the license', { maxDomains: 9 }, { maxDomains: 2 }],
  ])('are at most as many as %s allows', (_whose, terms, overrides) => {
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
    'that are none, such as %p, are named',
    (text) => {
      expect(() => issueOne({}, { domains: ['a.io', text] })).toThrow(
        expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/domains/1' })] }),
      )
    },
  )
})

describe('the licenses of one purchase', () => {
  test('are each told of, before their activations', () => {
    const { events } = decide({}, { domains: ['a.io'] }, {})
    expect(events.map(({ type }) => type)).toEqual([
      'license.created',
      'activation.created',
      'license.created',
    ])
  })

  test('are all refused when one is', () => {
    expect(() => decide({ maxDomains: 0 }, {}, { domains: ['a.io'] })).toThrow()
  })

  test('begin unused, active and at version 1, with the terms that were ordered', () => {
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
      validationCount: 0,
      domainsUsed: 0,
      devicesUsed: 0,
    })
  })
})
