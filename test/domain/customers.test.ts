import { expect, test } from 'bun:test'
import { formatEmailMember, redactEventData } from '~/domain/customers.ts'

const ann = { customer_email: 'ann@example.com', customer_name: 'Ann' }
const bob = { customer_email: 'bob@example.com', customer_name: 'Bob' }
const blank = { customer_email: null, customer_name: null }

const cases: [name: string, data: object, erased: object][] = [
  ['a license of theirs', { license: ann, sequence: 1 }, { license: blank, sequence: 1 }],
  ['what was theirs before', { license: bob, previous: ann }, { license: bob, previous: blank }],
  ['what was somebody else’s', { license: ann, previous: bob }, { license: blank, previous: bob }],
  [
    'a former name under the same address',
    { license: ann, previous: { customer_name: 'Anna' } },
    { license: blank, previous: { customer_name: null } },
  ],
  [
    'an address that changed under the same name',
    { license: ann, previous: { customer_email: 'old@example.com' } },
    { license: blank, previous: { customer_email: 'old@example.com' } },
  ],
  [
    'a name that stayed when the address went over to somebody else',
    {
      license: { ...bob, customer_name: 'Ann' },
      previous: { customer_email: 'ann@example.com' },
    },
    { license: { ...bob, customer_name: null }, previous: { customer_email: null } },
  ],
  ['nothing of somebody else', { license: bob }, { license: bob }],
  ['nothing where there is no license', { license_ids: ['lic_a'] }, { license_ids: ['lic_a'] }],
  [
    'what was said of them, and of their devices',
    {
      license: { ...ann, suspension_reason: 'Ann did not pay' },
      previous: { suspension_reason: 'Ann was late' },
      activation: { kind: 'device', value: 'machine', name: 'Ann’s laptop' },
      reason: 'Ann asked',
    },
    {
      license: { ...blank, suspension_reason: null },
      previous: { suspension_reason: null },
      activation: { kind: 'device', value: null, name: null },
      reason: null,
    },
  ],
  [
    'no domain that a license runs on',
    { license: ann, activation: { kind: 'domain', value: 'example.com', name: 'Shop' } },
    { license: blank, activation: { kind: 'domain', value: 'example.com', name: null } },
  ],
  [
    'nothing but the customer',
    { license: { ...ann, plan: 'x' } },
    { license: { ...blank, plan: 'x' } },
  ],
]

test.each(cases)('erasing a customer from an event blanks %s', (_name, data, erased) => {
  expect(JSON.parse(redactEventData(JSON.stringify(data), ann.customer_email))).toEqual(erased)
})

test('an address is found in what was written with it, and no other is', () => {
  for (const email of ['ann@example.com', 'o"hara\\@example.com', 'ünal@example.com']) {
    expect(JSON.stringify({ customer_email: email })).toContain(formatEmailMember(email))
  }
  expect(JSON.stringify({ customer_email: 'joann@example.com' })).not.toContain(
    formatEmailMember('ann@example.com'),
  )
})
