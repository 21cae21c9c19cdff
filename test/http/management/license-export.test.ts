import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses/export'

/** Reads CSV as RFC 4180 says, into one object per line. */
function parseCsv(text: string): Record<string, string>[] {
  const lines: string[][] = []
  let cells: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    lines.push(cells)
    cells = []
  }
  const [names = [], ...rows] = lines
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])))
}

async function exportAs(app: TestApp, query: string): Promise<Record<string, string>[]> {
  const { status, text } = await app.send('GET', `${path}?${query}`)
  expect({ query, status }).toEqual({ query, status: 200 })
  return parseCsv(text)
}

test('license export: the lines have the fields of a license, as CSV or NDJSON', async () => {
  await using app = await openTestApp()
  const fields = { domains: ['a.io', 'b.io'], metadata: { order: '7' }, max_domains: 9 }
  const { id } = await app.createLicense(fields)
  await app.createLicense({ customer_email: 'other@example.com' })
  const { body: license } = await app.send('GET', `/api/v1/licenses/${id}`)
  const masked = `TO-****-****-****-${license.key.slice(-4)}`

  const csv = await app.send('GET', path)
  expect(csv.headers.get('content-type')).toStartWith('text/csv')
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="licenses.csv"')
  const [newest, oldest] = parseCsv(csv.text)
  expect(newest?.customer_email).toBe('other@example.com')
  expect(oldest).toMatchObject({
    id,
    key: masked,
    status: 'active',
    domains: 'a.io b.io',
    domains_count: '2',
    max_domains: '9',
    overrides: 'max_domains',
    metadata: '{"order":"7"}',
    expires_at: '',
    purchase: '',
  })
  expect(Object.keys(oldest ?? {})).toEqual(expect.arrayContaining(Object.keys(license)))

  const ndjson = await app.send('GET', `${path}?format=ndjson`)
  expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson')
  const objects = ndjson.text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  expect(objects[1]).toEqual({ ...license, key: masked })
})

test('license export: keys are in full only if asked for with the scope licenses:reveal', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const reader = { authorization: `Bearer ${await app.tokenWith('licenses:read')}` }
  for (const query of ['', '?reveal=false', '?format=ndjson']) {
    expect((await app.send('GET', path + query)).text).not.toContain(key)
    expect((await app.send('GET', path + query, undefined, reader)).text).toContain(key.slice(-4))
  }
  for (const format of ['csv', 'ndjson']) {
    const query = `?reveal=true&format=${format}`
    expect((await app.send('GET', path + query)).text).toContain(key)
    const refused = await app.send('GET', path + query, undefined, reader)
    expectProblem(refused, 403, 'missing_scope')
    expect(refused.text).not.toContain(key)
  }
  const stranger = { authorization: `Bearer ${await app.tokenWith('licenses:reveal')}` }
  expectProblem(await app.send('GET', path, undefined, stranger), 403, 'missing_scope')
})

test('license export: formulas are escaped, and every other text arrives unchanged', async () => {
  await using app = await openTestApp()
  const names = {
    '=HYPERLINK("https://evil.example","x")': `'=HYPERLINK("https://evil.example","x")`,
    '+1': "'+1",
    '-2+3': "'-2+3",
    '@SUM(A1)': "'@SUM(A1)",
    '＝1+1': "'＝1+1",
    'שלום "עולם"': 'שלום "עולם"',
    'Ann; =1+1': 'Ann; =1+1',
    '<img src=x onerror=alert(1)>': '<img src=x onerror=alert(1)>',
    '👩‍👩‍👧 O’Brien, Ltd.': '👩‍👩‍👧 O’Brien, Ltd.',
  }
  const reasons = ['first\nsecond', '=1+1\n@x', 'a\r\nb,"c"']
  for (const customer_name of Object.keys(names)) await app.createLicense({ customer_name })
  for (const reason of reasons) {
    const { id } = await app.createLicense({ metadata: { '=1': '\u202e@x,\n"y"' } })
    await app.send('POST', `/api/v1/licenses/${id}/suspend`, { reason })
  }
  const all = (await exportAs(app, '')).reverse()
  expect(all.slice(0, -reasons.length).map((row) => row.customer_name)).toEqual(
    Object.values(names),
  )
  const suspended = all.slice(-reasons.length)
  expect(suspended.map((row) => row.suspension_reason)).toEqual([
    'first\nsecond',
    "'=1+1\n@x",
    'a\r\nb,"c"',
  ])
  for (const { metadata = '' } of suspended) {
    expect(JSON.parse(metadata)).toEqual({ '=1': '\u202e@x,\n"y"' })
  }
  const { text } = await app.send('GET', `${path}?format=ndjson`)
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  expect(
    lines
      .map((one) => one.customer_name)
      .filter((name) => name !== null)
      .reverse(),
  ).toEqual(Object.keys(names))
})

test('license export: it contains what the list with the same filters contains', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ customer_email: 'ann@example.com', domains: ['a.io'] })
  await app.createLicense({ plan: 'starter', expires_at: '2027-01-01T00:00:00Z' })
  await app.send('POST', '/api/v1/licenses/batch', {
    plan: 'starter',
    customer_email: 'many@example.com',
    quantity: 250,
  })
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  for (const filter of [
    '',
    'plan=starter',
    'status=suspended',
    'status=active&plan=starter',
    'domain=a.io',
    'q=ann',
    'customer_email=many%40example.com',
    'expires_before=2028-01-01T00:00:00Z',
    'plan=none',
  ]) {
    const listed: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const more: string = cursor && `&cursor=${cursor}`
      const { body } = await app.send('GET', `/api/v1/licenses?limit=100&${filter}${more}`)
      listed.push(...body.data.map((one: { id: string }) => one.id))
      cursor = body.next_cursor
    }
    const exported = await exportAs(app, filter)
    expect({ filter, ids: exported.map((row) => row.id) }).toEqual({ filter, ids: listed })
  }
  for (const [query, pointer] of [
    ['format=xlsx', '?format'],
    ['reveal=yes', '?reveal'],
    ['limit=5', '?limit'],
    ['created_after=never', '?created_after'],
  ]) {
    const { status, body } = await app.send('GET', `${path}?${query}`)
    expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 422, pointer })
  }
})
