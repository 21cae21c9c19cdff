import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Licet, type LicetOptions, NoAnswer } from '../../src/index.ts'
import { createMemoryStore } from '../../src/store.ts'
import { type SigningServer, startSigningServer } from './signing-server.ts'

const KEY = 'TO-04HM-ASW9-NF6Y-Y0CN'

function createClient(server: SigningServer, options: Partial<LicetOptions> = {}): Licet {
  const { url, publicKeys } = server
  const store = createMemoryStore()
  return new Licet({ url, appId: 'com.example.editor', key: KEY, publicKeys, store, ...options })
}

test('a key is sent as it is written, however it was pasted', async () => {
  await using server = await startSigningServer()
  await createClient(server, { key: ' to04hm asw9 nf6y yocn\n' }).check({ fingerprint: 'device-1' })
  const { nonce, ...body } = server.requests[0]?.body ?? {}
  assert.deepEqual(body, { key: KEY, fingerprint: 'device-1', lease: true })
  assert.match(String(nonce), /^[\w-]{22}$/)
})

test('a check of a site names the site and no device', async () => {
  await using server = await startSigningServer()
  await createClient(server, { publicKeys: [], product: 'editor' }).check({ domain: 'example.com' })
  const expected = { key: KEY, product: 'editor', domain: 'example.com' }
  assert.deepEqual(server.requests[0]?.body, expected)
})

test('an abort ends the wait of one caller, and others get the answer', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  const controller = new AbortController()
  const aborted = client.check({ signal: controller.signal })
  const patient = client.check()
  controller.abort(new Error('The window was closed.'))
  await assert.rejects(aborted, { message: 'The window was closed.' })
  assert.equal((await patient).status, 'licensed')
  assert.equal(server.requests.length, 1)
})

test('a call with an aborted signal sends nothing', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  const signal = AbortSignal.abort(new Error('Too late.'))
  const calls = [
    client.check({ signal }),
    client.validate({ signal }),
    client.activate({ signal }),
    client.seats.acquire({ signal }),
  ]
  for (const call of calls) await assert.rejects(call, { message: 'Too late.' })
  assert.equal(server.requests.length, 0)
})

test('an abort ends a validation that waits for the server', async () => {
  await using server = await startSigningServer()
  const controller = new AbortController()
  server.reply = () => {
    controller.abort(new Error('The user went on.'))
    return 'silence'
  }
  const validation = createClient(server).validate({ signal: controller.signal })
  await assert.rejects(validation, { message: 'The user went on.' })
})

test('a transport replaces fetch, as a proxy does', async () => {
  await using server = await startSigningServer()
  const seen: string[] = []
  const client = createClient(server, {
    url: 'https://licenses.example.com/tenant/',
    transport: (url, init) => {
      seen.push(url)
      return fetch(url.replace('https://licenses.example.com', server.url), init)
    },
  })
  assert.equal((await client.check()).status, 'licensed')
  assert.deepEqual(seen, ['https://licenses.example.com/tenant/api/v1/validate'])
})

test('a transport that ignores its signal cannot hold up a check', async () => {
  await using server = await startSigningServer()
  const transport = () => new Promise<Response>(() => {})
  const client = createClient(server, { transport, timeoutMs: 10 })
  assert.equal((await client.check()).code, 'NO_ANSWER')
})

test('a response without end is cut at a limit, and is no answer', async () => {
  await using server = await startSigningServer()
  let isCanceled = false
  const transport = async () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024)),
        cancel: () => {
          isCanceled = true
        },
      }),
    )
  const validation = createClient(server, { transport }).validate()
  await assert.rejects(validation, { name: 'NoAnswer', reason: 'too_large' })
  assert.ok(isCanceled)
})

test('a validation returns a refusal, and throws without an answer', async () => {
  await using server = await startSigningServer()
  const client = createClient(server, { publicKeys: [] })
  const refusal = { valid: false, error: 'LICENSE_EXPIRED', message: 'It has expired.' }
  server.reply = () => ({ status: 200, body: { ...refusal, details: { since: 2027 } } })
  assert.deepEqual(await client.validate(), { ...refusal, details: { since: 2027 } })
  server.reply = () => ({ status: 200, body: {} })
  await assert.rejects(client.validate(), NoAnswer)
})

test('a mistake in the callback for problems does not stop a check', async () => {
  await using server = await startSigningServer()
  server.reply = () => ({ status: 422, body: { code: 'validation_failed', detail: 'A field.' } })
  const onProblem = () => {
    throw new Error('The log is full.')
  }
  assert.equal((await createClient(server, { onProblem }).check()).code, 'NO_ANSWER')
})

test('options that cannot work are rejected at once', () => {
  const good = { url: 'https://licenses.example.com', appId: 'com.example.editor' }
  const identity = Buffer.from([1, ...Array(31).fill(0)]).toString('base64url')
  for (const wrong of [
    { url: 'licenses.example.com' },
    { url: 'ftp://licenses.example.com' },
    { url: 'https://user:pass@licenses.example.com' },
    { appId: '' },
    { appId: '../other' },
    { publicKeys: ['not a key'] },
    { publicKeys: [identity] },
    { timeoutMs: 0 },
    { offline: { refreshSeconds: Number.NaN } },
  ]) {
    assert.throws(() => new Licet({ ...good, ...wrong }), TypeError, JSON.stringify(wrong))
  }
})

test('a call that needs a license key says so', async () => {
  const client = new Licet({ url: 'http://localhost', appId: 'a', store: createMemoryStore() })
  await assert.rejects(client.validate(), /license key/)
  await assert.rejects(client.activate({ fingerprint: 'device-1' }), /license key/)
})

test('an answer may be used without end, if the app says so', async () => {
  await using server = await startSigningServer()
  const offline = { hardLimitSeconds: Number.POSITIVE_INFINITY }
  const client = createClient(server, { publicKeys: [], offline })
  assert.equal((await client.check()).validUntil, '9999-12-31T23:59:59Z')
})

test('a problem with members of wrong types is still a problem', async () => {
  await using server = await startSigningServer()
  const body = {
    code: 'validation_failed',
    detail: 7,
    errors: [null, { pointer: '/key' }],
    details: [],
  }
  server.reply = () => ({ status: 422, body })
  await assert.rejects(createClient(server).validate(), {
    name: 'LicetProblem',
    code: 'validation_failed',
    message: 'The server answered with status 422.',
    errors: [],
    details: {},
    requestId: null,
  })
})
