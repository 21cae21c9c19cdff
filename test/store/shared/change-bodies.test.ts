import { expect, test } from 'bun:test'
import {
  allBody,
  emptyBody,
  externalCommit,
  formatBody,
  parseBody,
} from '~/store/shared/change-bodies.ts'
import { createTouched } from '~/store/shared/touched.ts'
import { noCommit } from '../../support/samples.ts'

test('change bodies: the commit that is read back has everything that was touched', () => {
  const activation = {
    licenseId: 'lic_b',
    kind: 'device',
    value: 'it\'s "quoted"/\u{1F511}',
  } as const
  const touched = {
    ...createTouched(),
    licenseIds: new Set(['lic_a', 'lic_b']),
    activations: [activation],
    touchesPlans: true,
    touchesRevocations: true,
  }
  expect(parseBody(formatBody(touched) ?? '')).toEqual({
    ...noCommit,
    licenseIds: ['lic_a', 'lic_b'],
    activations: [activation],
    touchesPlans: true,
    touchesRevocations: true,
  })
})

test.each(Object.keys(createTouched()).filter((name) => name.startsWith('touches')))(
  'change bodies: %s alone is recorded',
  (flag) => {
    const body = formatBody({ ...createTouched(), [flag]: true })
    expect(parseBody(body ?? '')).toEqual({ ...noCommit, [flag]: true } as ReturnType<
      typeof parseBody
    >)
  },
)

test('change bodies: a transaction that has touched nothing has none', () => {
  expect(formatBody(createTouched())).toBeNull()
  expect(parseBody(emptyBody)).toEqual(noCommit)
})

test('change bodies: above 2,000 licenses, anything may have changed', () => {
  const touchMany = (count: number) => ({
    ...createTouched(),
    licenseIds: new Set(Array.from({ length: count }, (_, index) => `lic_${index}`)),
  })
  expect(parseBody(formatBody(touchMany(2000)) ?? '').licenseIds).toHaveLength(2000)
  expect(formatBody(touchMany(2001))).toBe(allBody)
  expect(parseBody(allBody)).toBe(externalCommit)
})
