import { expect, test } from 'bun:test'
import { formatEmailMembers, redactEventData } from '~/domain/customers.ts'

const ann = { customer_email: 'ann@example.com', customer_name: 'Ann' }
const bob = { customer_email: 'bob@example.com', customer_name: 'Bob' }
const redacted = { customer_email: null, customer_name: null }

const cases: [name: string, data: object, expected: object][] = [
  ['the customer of a license', { license: ann, sequence: 1 }, { license: redacted, sequence: 1 }],
  [
    'the former customer of a license',
    { license: bob, previous: ann },
    { license: bob, previous: redacted },
  ],
  [
    'the current customer but not the former one',
    { license: ann, previous: bob },
    { license: redacted, previous: bob },
  ],
  [
    'a former name with the same email address',
    { license: ann, previous: { customer_name: 'Anna' } },
    { license: redacted, previous: { customer_name: null } },
  ],
  [
    'a name that was kept when the email address changed to theirs',
    { license: ann, previous: { customer_email: 'old@example.com' } },
    { license: redacted, previous: { customer_email: 'old@example.com' } },
  ],
  [
    'a name that was kept when the email address changed to another one',
    {
      license: { ...bob, customer_name: 'Ann' },
      previous: { customer_email: 'ann@example.com' },
    },
    { license: { ...bob, customer_name: null }, previous: { customer_email: null } },
  ],
  ['nothing of another customer', { license: bob }, { license: bob }],
  ['nothing in an event without a license', { license_ids: ['lic_a'] }, { license_ids: ['lic_a'] }],
  [
    'reasons, device fingerprints and activation names',
    {
      license: { ...ann, suspension_reason: 'Ann did not pay' },
      previous: { suspension_reason: 'Ann was late' },
      activation: { kind: 'device', value: 'machine', name: 'Ann’s laptop' },
      reason: 'Ann asked',
    },
    {
      license: { ...redacted, suspension_reason: null },
      previous: { suspension_reason: null },
      activation: { kind: 'device', value: null, name: null },
      reason: null,
    },
  ],
  [
    'the name of a domain activation but not the domain',
    { license: ann, activation: { kind: 'domain', value: 'example.com', name: 'Shop' } },
    { license: redacted, activation: { kind: 'domain', value: 'example.com', name: null } },
  ],
  [
    'no other field of the license',
    { license: { ...ann, plan: 'x' } },
    { license: { ...redacted, plan: 'x' } },
  ],
]

test.each(cases)('customer erasure: an event loses %s', (_name, data, expected) => {
  expect(JSON.parse(redactEventData(JSON.stringify(data), ann.customer_email))).toEqual(expected)
})

test('customer erasure: the search for an email address matches only that address', () => {
  for (const email of ['ann@example.com', 'o"hara\\@example.com', 'ünal@example.com']) {
    expect(JSON.stringify({ customer_email: email })).toContain(formatEmailMembers(email).join())
  }
  expect(JSON.stringify({ customer_email: 'joann@example.com' })).not.toContain(
    formatEmailMembers('ann@example.com').join(),
  )
})
