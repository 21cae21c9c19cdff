import { expect, test } from 'bun:test'
import {
  findItemFlaw,
  findPlaceRefusal,
  parsePlace,
  readUserAgentUrl,
} from '~/domain/compat/edd.ts'
import { aLicenseState } from '../../support/samples.ts'

test.each([
  ['https://www.example.com/blog/', 'example.com'],
  ['example.com', 'example.com'],
  ['http://localhost:8080/wp', 'localhost'],
  ['https://bücher.example', 'xn--bcher-kva.example'],
])('EDD: the URL %s is a domain', (url, host) => {
  expect(parsePlace(url)).toMatchObject({ kind: 'domain', hostname: { host } })
})

test.each([
  ['7f3a9c0b51', '7f3a9c0b51'],
  ['http://intranet/', 'http://intranet'],
  [' MAC 01 ', 'MAC 01'],
])('EDD: the text %s is a device', (url, fingerprint) => {
  expect(parsePlace(url)).toEqual({ kind: 'device', fingerprint })
})

test.each([[''], ['  '], ['/']])('EDD: the URL "%s" is no place', (url) => {
  expect(parsePlace(url)).toBeNull()
})

test('EDD: WordPress names its site in the user agent', () => {
  expect(readUserAgentUrl('WordPress/6.7; https://example.com')).toBe('https://example.com')
  expect(readUserAgentUrl('curl/8.5.0')).toBe('')
})

const metadata = { edd_item_id: 8, edd_item_name: 'Tools & More' }

test.each([
  ['its ID', { id: 8, name: 'anything' }, null],
  ['another ID', { id: 9, name: 'Tools & More' }, 'invalid_item_id'],
  ['its name, encoded for HTML', { id: null, name: 'tools &amp; more' }, null],
  ['another name', { id: null, name: 'Tools' }, 'item_name_mismatch'],
  ['no name', { id: null, name: '' }, 'item_name_mismatch'],
] as const)('EDD: a request with %s is judged', (_name, item, expected) => {
  expect(findItemFlaw(aLicenseState({ facts: { metadata } }), item)).toBe(expected)
  expect(findItemFlaw(aLicenseState({ terms: { features: metadata } }), item)).toBe(expected)
  expect(findItemFlaw(aLicenseState(), item)).toBeNull()
})

test('EDD: a request without any product is refused if the license has one', () => {
  const state = aLicenseState({ facts: { metadata: { edd_item_id: 8 } } })
  expect(findItemFlaw(state, { id: null, name: '' })).toBe('item_name_mismatch')
})

test.each([
  ['of a license for sites', { maxDomains: 2, maxDevices: null }, 'DOMAIN_INVALID'],
  ['of a license that limits both', { maxDomains: 2, maxDevices: 1 }, undefined],
  ['of a license without limits', { maxDomains: null, maxDevices: null }, undefined],
] as const)('EDD: a device %s is judged', (_name, terms, error) => {
  const device = { kind: 'device', fingerprint: 'PC-1' } as const
  expect(findPlaceRefusal(aLicenseState({ terms }), device)?.error).toBe(error)
  const domain = parsePlace('https://example.com')
  expect(domain && findPlaceRefusal(aLicenseState({ terms }), domain)).toBeNull()
})
