import { expect, test } from 'bun:test'
import { decideUse, matchProduct, readUses } from '~/domain/compat/gumroad.ts'
import { aLicenseState } from '../../support/samples.ts'

test('Gumroad: a use is counted in the metadata, without an event and without a new version', () => {
  const state = aLicenseState({ facts: { metadata: { order: 'A-1', gumroad_uses: 4 } } })
  const licenseId = state.license.id
  expect(decideUse(state)).toEqual({
    result: 5,
    changes: [
      { type: 'license.update', licenseId, set: { metadata: { order: 'A-1', gumroad_uses: 5 } } },
    ],
    events: [],
  })
})

test.each([
  [{}, 0],
  [{ gumroad_uses: 7 }, 7],
  [{ gumroad_uses: '7' }, 7],
  [{ gumroad_uses: -1 }, 0],
  [{ gumroad_uses: 'many' }, 0],
])('Gumroad: the uses of %o are %i', (metadata, uses) => {
  expect(readUses({ metadata })).toBe(uses)
})

const both = { gumroad_product_id: 'abc==', gumroad_permalink: 'QMGY' }
const onlyId = { gumroad_product_id: 'abc==' }

test.each([
  ['its ID', both, { id: 'abc==', permalink: '' }, 'match'],
  ['another ID', both, { id: 'xyz==', permalink: 'QMGY' }, 'other'],
  ['its permalink', both, { id: '', permalink: 'QMGY' }, 'match'],
  ['another permalink', both, { id: '', permalink: 'pen' }, 'other'],
  ['no product', both, { id: '', permalink: '' }, 'other'],
  ['a permalink where only the ID is known', onlyId, { id: '', permalink: 'QMGY' }, 'id_required'],
  ['any ID where none is known', {}, { id: 'abc==', permalink: '' }, 'match'],
  ['any permalink where none is known', {}, { id: '', permalink: 'pen' }, 'match'],
  ['no product where none is known', {}, { id: '', permalink: '' }, 'other'],
] as const)('Gumroad: a request with %s is judged', (_name, features, product, expected) => {
  const ofPlan = aLicenseState({ terms: { features } })
  const ofLicense = aLicenseState({ facts: { metadata: features } })
  expect(matchProduct(ofPlan, product)).toBe(expected)
  expect(matchProduct(ofLicense, product)).toBe(expected)
})
