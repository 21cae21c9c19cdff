import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { aValidation } from '../../support/samples.ts'

const path = '/api/v1/usage/export'
const head = 'at,license_id,valid,error,domain,fingerprint,country,address,version,last_at,count'

test('usage export: CSV with a header line, or one JSON object per line', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: 0 })
  await app.validate({ key, domain: 'example.com', version: '1.0' })
  await app.validate({ key, fingerprint: 'machine' })
  const csv = await app.send('GET', path)
  expect(csv.headers.get('content-type')).toStartWith('text/csv')
  expect(csv.headers.get('content-disposition')).toContain('usage.csv')
  expect(csv.headers.get('x-content-type-options')).toBe('nosniff')
  expect(csv.text).toBe(
    [
      head,
      `2026-03-06T00:00:00Z,${id},true,,example.com,,,,1.0,2026-03-06T00:00:00Z,1`,
      `2026-03-06T00:00:00Z,${id},false,DEVICE_LIMIT_REACHED,,machine,,,,2026-03-06T00:00:00Z,1`,
      '',
    ].join('\r\n'),
  )
  const lines = await app.send('GET', `${path}?format=ndjson`)
  expect(lines.headers.get('content-type')).toBe('application/x-ndjson')
  const [first] = lines.text.split('\n')
  expect(JSON.parse(first ?? '')).toEqual({
    at: '2026-03-06T00:00:00Z',
    license_id: id,
    valid: true,
    error: null,
    domain: 'example.com',
    fingerprint: null,
    country: null,
    address: null,
    version: '1.0',
    last_at: '2026-03-06T00:00:00Z',
    count: 1,
  })
})

test('usage export: CSV cells are quoted, and formulas are escaped', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const versions = {
    '=1+1': "'=1+1",
    '+1': "'+1",
    '-1': "'-1",
    '@SUM(A1)': "'@SUM(A1)",
    '=cmd,"x"': `"'=cmd,""x"""`,
    'a"b': '"a""b"',
    'a,b': '"a,b"',
    'a\nb': '"a\nb"',
    '1.0-rc.1': '1.0-rc.1',
  }
  for (const version of Object.keys(versions)) await app.validate({ key, version })
  const { text } = await app.send('GET', path)
  const cells = text
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',').slice(8, -2).join(','))
  expect(cells).toEqual(Object.values(versions))
})

test('usage export: contains every validation of the range once, over many chunks', async () => {
  await using app = await openTestApp()
  for (let index = 0; index < 2500; index += 1) {
    app.deps.usage.record(aValidation({ version: String(index) }))
  }
  const { text } = await app.send('GET', `${path}?format=ndjson`)
  const versions = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).version)
  expect(versions).toEqual(Array.from({ length: 2500 }, (_, index) => String(index)))
  const none = await app.send('GET', `${path}?to=2026-03-06T00:00:00Z`)
  expect(none.text).toBe(`${head}\r\n`)
})
