import { expect, test } from 'bun:test'
import { createTouched, markTouched, touch } from '~/store/shared/touched.ts'

test('touched: what was noted since a mark is forgotten, and what came before it stays', () => {
  const touched = createTouched()
  touch(touched, 'license.update', 'lic_a')
  touch(touched, 'plan.update', 'pro')
  const forget = markTouched(touched)
  touch(touched, 'license.update', 'lic_a')
  touch(touched, 'license.update', 'lic_b')
  touch(touched, 'api_key.create', 'key_a')
  touched.activations.push({ licenseId: 'lic_b', kind: 'device', value: 'x' })
  touched.deliveries += 3
  forget()
  const before = createTouched()
  touch(before, 'license.update', 'lic_a')
  touch(before, 'plan.update', 'pro')
  expect(touched).toEqual(before)
})
