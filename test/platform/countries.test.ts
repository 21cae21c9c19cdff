import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '~/platform/config.ts'
import { openCountries } from '~/platform/countries.ts'
import { openTestApp } from '../support/app.ts'
import { createCountryDatabase } from '../support/mmdb.ts'

const directory = mkdtempSync(join(tmpdir(), 'licet-countries-'))
afterAll(() => rmSync(directory, { recursive: true }))

const geoipDbPath = join(directory, 'countries.mmdb')
writeFileSync(
  geoipDbPath,
  createCountryDatabase({
    '203.0.113.0/24': 'DE',
    '198.51.100.128/25': 'AT',
    '2001:db8::/32': 'FR',
    '192.0.2.0/24': 'ZZ',
  }),
)

test('a country database knows the networks in it, and nothing else', () => {
  const findCountry = openCountries(geoipDbPath)
  const known = {
    '203.0.113.7': 'DE',
    '::ffff:203.0.113.7': 'DE',
    '198.51.100.200': 'AT',
    '198.51.100.100': null,
    '2001:db8:1::1': 'FR',
    '2001:db9::1': null,
    '192.0.2.1': null,
    unknown: null,
  }
  for (const [address, country] of Object.entries(known)) {
    expect({ address, country: findCountry(address) }).toEqual({ address, country })
  }
})

test('without a database no country is known', () => {
  expect(openCountries(null)('203.0.113.7')).toBeNull()
})

test('a file that is no such database is refused at the start', () => {
  const path = join(directory, 'odd.mmdb')
  writeFileSync(path, 'not a database')
  expect(() => openCountries(path)).toThrow()
})

test('a database that is damaged inside knows no country, says so once, and refuses nobody', () => {
  const path = join(directory, 'damaged.mmdb')
  const bytes = createCountryDatabase({ '203.0.113.0/24': 'DE' })
  const leaf = bytes.indexOf('country')
  writeFileSync(path, bytes.fill(0xff, leaf - 2, leaf + 12))
  const damages: unknown[] = []
  const findCountry = openCountries(path, (error) => damages.push(error))
  expect([findCountry('203.0.113.7'), findCountry('203.0.113.8')]).toEqual([null, null])
  expect(damages).toHaveLength(1)
})

test('a database of IPv4 alone says nothing about the other', () => {
  const path = join(directory, 'four.mmdb')
  writeFileSync(path, createCountryDatabase({ '32.0.0.0/8': 'US' }, 4))
  const findCountry = openCountries(path)
  expect([findCountry('32.1.2.3'), findCountry('2001:db8::1')]).toEqual(['US', null])
})

describe('a validation behind a trusted proxy', () => {
  const countryHeader = 'cf-ipcountry'
  const trusted = { trustedProxies: ['127.0.0.1'], countryHeader, geoipDbPath }
  const client = { 'x-forwarded-for': '203.0.113.7' }

  /** Validates over a real socket, once with each of these headers. Answers what is kept of it. */
  async function keptOf(config: Partial<Config>, ...headers: Record<string, string>[]) {
    await using app = await openTestApp(config)
    const { id, key } = await app.createLicense()
    app.app.listen({ hostname: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/validate`
    const body = JSON.stringify({ key, domain: 'example.com' })
    const type = { 'content-type': 'application/json' }
    for (const more of headers) {
      await fetch(url, { method: 'POST', body, headers: { ...type, ...more } })
    }
    await app.app.server?.stop(true)
    const { body: usage } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
    const { body: activations } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
    return { entries: usage.data, activation: activations.data[0], summary: usage.summary }
  }

  test('has the country that the proxy states, and so has its activation', async () => {
    const kept = await keptOf(trusted, { ...client, [countryHeader]: 'us' })
    expect(kept).toMatchObject({
      entries: [{ country: 'US', address: '203.0.113.0' }],
      activation: { country: 'US' },
      summary: { countries: { US: 1 } },
    })
  })

  test('has the country of its address where the proxy does not know it', async () => {
    const words = ['', 'XX', 'T1', 'Germany']
    const { summary } = await keptOf(
      trusted,
      ...words.map((word) => ({ ...client, [countryHeader]: word })),
    )
    expect(summary.countries).toEqual({ DE: 4 })
  })

  test('does not believe the header of anybody else', async () => {
    const untrusted = { ...trusted, trustedProxies: ['10.0.0.0/8'] }
    const { entries } = await keptOf(untrusted, { ...client, [countryHeader]: 'US' })
    expect(entries).toMatchObject([{ country: null, address: '127.0.0.0' }])
  })

  test('keeps nothing of its address where nothing may be kept', async () => {
    const { entries } = await keptOf({ ...trusted, ipStorage: 'none' }, client)
    expect(entries).toMatchObject([{ country: 'DE', address: null }])
  })
})
