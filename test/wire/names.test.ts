import { expect, test } from 'bun:test'
import { parseFields, presentFields, toCamelCase } from '~/wire/names.ts'

test.each([
  ['name', 'name'],
  ['max_domains', 'maxDomains'],
  ['deactivations_max_per_30_days', 'deactivationsMaxPer30Days'],
])('names: the wire field %s is %s in the domain', (wire, domain) => {
  expect(toCamelCase(wire)).toBe(domain)
})

test('names: fields keep their values, including null and false, in both directions', () => {
  const wire = { max_seats: null, require_domain: false }
  const domain = { maxSeats: null, requireDomain: false }
  expect(parseFields(wire)).toEqual(domain)
  expect(presentFields({ ...domain, slug: 'pro' }, ['max_seats', 'require_domain'])).toEqual(wire)
})
