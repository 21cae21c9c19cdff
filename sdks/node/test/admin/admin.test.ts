import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LicetAdmin, LicetProblem } from '../../src/admin.ts'
import { startServer } from './scripted-server.ts'

const page = (ids: readonly string[], cursor: string | null) => ({
  json: { data: ids.map((id) => ({ id })), next_cursor: cursor },
})

test('a list is read page by page with the filters of the caller', async () => {
  await using server = await startServer(page(['lic_1', 'lic_2'], 'next+1'), page(['lic_3'], null))
  const admin = new LicetAdmin(server.url, 'licet_fake')
  const ids: string[] = []
  for await (const { id } of admin.licenses.list({ plan: 'professional', limit: 2 })) ids.push(id)
  assert.deepEqual(ids, ['lic_1', 'lic_2', 'lic_3'])
  assert.deepEqual(
    server.received.map(({ url }) => url),
    [
      '/api/v1/licenses?plan=professional&limit=2',
      '/api/v1/licenses?plan=professional&limit=2&cursor=next%2B1',
    ],
  )
})

test('a list requests nothing before it is iterated, and no page that is not needed', async () => {
  await using server = await startServer(page(['lic_1'], 'next'), page(['lic_2'], null))
  const list = new LicetAdmin(server.url, 'licet_fake').licenses.list()
  assert.equal(server.received.length, 0)
  for await (const _license of list) break
  assert.equal(server.received.length, 1)
})

test('a list can be read as pages, and from a cursor', async () => {
  await using server = await startServer(
    page(['evt_1'], 'next'),
    page(['evt_1'], 'next'),
    page([], null),
  )
  const list = new LicetAdmin(server.url, 'licet_fake').events.list({ cursor: 'here' })
  assert.equal((await list.page()).next_cursor, 'next')
  const sizes: number[] = []
  for await (const { data } of list.pages()) sizes.push(data.length)
  assert.deepEqual(sizes, [1, 0])
  assert.equal(server.received[0]?.url, '/api/v1/events?cursor=here')
})

test('a request has the API key, the path of the server, and JSON only with a body', async () => {
  await using server = await startServer({ json: { id: 'lic_1' } }, { json: { id: 'lic_1' } })
  const admin = new LicetAdmin(`${server.url}/licet/`, 'licet_fake\n')
  await admin.licenses.suspend('lic_1', { reason: 'payment failed' })
  await admin.licenses.reinstate('lic_1')
  const [first, second] = server.received
  assert.equal(first?.url, '/licet/api/v1/licenses/lic_1/suspend')
  assert.equal(first?.headers.authorization, 'Bearer licet_fake')
  assert.equal(first?.headers['content-type'], 'application/json')
  assert.match(String(first?.headers['user-agent']), /^licet-node\/\d/)
  assert.equal(second?.headers['content-type'], undefined)
  assert.equal(second?.body, '')
})

test('an error of the API becomes a LicetProblem with its code, fields and request ID', async () => {
  const problem = {
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    code: 'validation_failed',
    detail: 'Check the fields.',
    request_id: 'req_1',
    errors: [{ pointer: '/plan', detail: 'There is no such plan.' }],
  }
  const headers = { 'content-type': 'application/problem+json' }
  await using server = await startServer({ status: 422, headers, json: problem })
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await assert.rejects(
    admin.licenses.create({ plan: 'none', customer_email: 'dev@example.com' }),
    (error) => {
      assert.ok(error instanceof LicetProblem)
      const { status, code, detail, message, errors, requestId } = error
      assert.deepEqual([status, code, requestId], [422, 'validation_failed', 'req_1'])
      assert.deepEqual([detail, message], ['Check the fields.', 'Check the fields.'])
      assert.deepEqual(errors, problem.errors)
      return true
    },
  )
})

test('an error page of a proxy becomes a LicetProblem with the status', async () => {
  const headers = { 'x-request-id': 'req_2' }
  await using server = await startServer({ status: 403, headers, text: '<h1>Forbidden</h1>' })
  const admin = new LicetAdmin(server.url, 'licet_fake')
  const expected = { name: 'LicetProblem', status: 403, code: 'HTTP_403', requestId: 'req_2' }
  await assert.rejects(admin.licenses.get('lic_1'), expected)
})

for (const [what, answer] of [
  ['a web page', { text: '<h1>Sign in</h1>' }],
  ['a redirect', { status: 302, headers: { location: 'https://portal.example.com' } }],
  ['broken JSON', { text: '{"id":', headers: { 'content-type': 'application/json' } }],
  ['JSON that is no object', { json: ['lic_1'] }],
] as const) {
  test(`${what} instead of a license is no answer, and the API key does not follow it`, async () => {
    await using server = await startServer(answer, { json: { id: 'lic_1' } })
    const admin = new LicetAdmin(server.url, 'licet_fake')
    await assert.rejects(admin.licenses.get('lic_1'), { name: 'NoAnswer', reason: 'not_licet' })
    assert.equal(server.received.length, 1)
  })
}

test('request reaches every other route, and returns JSON, text or nothing', async () => {
  await using server = await startServer(
    { json: { id: 'mail_1' } },
    { text: 'licet_up 1', headers: { 'content-type': 'text/plain' } },
    { status: 204 },
  )
  const admin = new LicetAdmin(server.url, 'licet_fake')
  const mail = await admin.request('post', '/api/v1/mails/mail_1/retry')
  assert.deepEqual(mail, { id: 'mail_1' })
  assert.equal(
    await admin.request('GET', '/metrics', undefined, { query: { a: 1, b: null } }),
    'licet_up 1',
  )
  assert.equal(await admin.request('DELETE', '/api/v1/keys/key_1'), undefined)
  assert.equal(server.received[0]?.method, 'POST')
  assert.equal(server.received[1]?.url, '/metrics?a=1')
})

test('request refuses a path that could change the host', async () => {
  const admin = new LicetAdmin('https://licenses.example.com', 'licet_fake')
  await assert.rejects(admin.request('GET', '@example.org/'), TypeError)
})

test('a URL that is not one of a server, or a missing API key, is refused at once', () => {
  for (const url of ['licenses.example.com', 'ftp://example.com', 'https://example.com/?a=1', '']) {
    assert.throws(() => new LicetAdmin(url, 'licet_fake'), TypeError, url)
  }
  assert.throws(() => new LicetAdmin('https://licenses.example.com', ' '), TypeError)
})
