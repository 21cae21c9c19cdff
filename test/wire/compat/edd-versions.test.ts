import { expect, test } from 'bun:test'
import type { Features } from '~/domain/plans.ts'
import { presentNoVersion, presentVersion, serialize } from '~/wire/compat/edd-versions.ts'

const features = {
  edd_version: '2.1.0',
  edd_package: 'https://downloads.example.com/plugin-2.1.0.zip',
  edd_changelog: '<p>Größer</p>',
  edd_homepage: 'https://example.com/plugin',
  edd_tested: '6.7',
  edd_icon_1x: 'https://example.com/icon.png',
}
const viewOf = (given: Features = features) => ({
  read: (name: string) => (name in given ? String(given[name]) : null),
  productName: 'Example Plugin',
  slug: 'example-plugin',
  isValid: true,
  wantsBeta: false,
  message: null,
})

test('EDD: the version of the plan has the form that plugin updaters read', () => {
  expect(presentVersion(viewOf())).toEqual({
    new_version: '2.1.0',
    stable_version: '2.1.0',
    name: 'Example Plugin',
    slug: 'example-plugin',
    url: '',
    last_updated: '',
    homepage: 'https://example.com/plugin',
    package: 'https://downloads.example.com/plugin-2.1.0.zip',
    download_link: 'https://downloads.example.com/plugin-2.1.0.zip',
    sections: 'a:2:{s:11:"description";s:0:"";s:9:"changelog";s:15:"<p>Größer</p>";}',
    banners: 'a:2:{s:4:"high";s:0:"";s:3:"low";s:0:"";}',
    icons: 'a:1:{s:2:"1x";s:28:"https://example.com/icon.png";}',
    tested: '6.7',
  })
})

test('EDD: only a valid license gets the package', () => {
  const reply = presentVersion({ ...viewOf(), isValid: false })
  expect(reply).toMatchObject({ new_version: '2.1.0', package: '', download_link: '' })
})

test('EDD: a site that wants betas gets one, if there is one', () => {
  const beta = { ...features, edd_beta_version: '3.0.0-beta.1', edd_beta_package: 'https://b.zip' }
  const expected = {
    new_version: '3.0.0-beta.1',
    stable_version: '2.1.0',
    package: 'https://b.zip',
  }
  expect(presentVersion({ ...viewOf(beta), wantsBeta: true })).toMatchObject(expected)
  expect(presentVersion(viewOf(beta))).toMatchObject({ new_version: '2.1.0' })
  expect(presentVersion({ ...viewOf(), wantsBeta: true })).toMatchObject({ new_version: '2.1.0' })
})

test('EDD: without a version on the plan, the response says so', () => {
  const msg = 'No version is set for this product.'
  expect(presentVersion(viewOf({}))).toMatchObject({ new_version: '', package: '', msg })
})

test('EDD: a request that cannot be answered has the same members, without a version', () => {
  expect(presentNoVersion('No item provided')).toMatchObject({
    new_version: '',
    sections: '',
    package: '',
    msg: 'No item provided',
  })
})

test('EDD: texts are measured in bytes, as PHP does', () => {
  expect(serialize({ ä: '"; €' })).toBe('a:1:{s:2:"ä";s:6:""; €";}')
})
