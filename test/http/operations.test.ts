import { expect, test } from 'bun:test'
import { openTestApp } from '../support/app.ts'

const open = { authorization: undefined }

test('operations: health checks need no token and reveal no details', async () => {
  await using app = await openTestApp()
  for (const path of ['/livez', '/readyz']) {
    const { status, body } = await app.send('GET', path, undefined, open)
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'ok' })
    expect((await app.send('HEAD', path, undefined, open)).status).toBe(200)
  }
})

test('operations: metrics are in Prometheus format and count verdicts and requests', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  await app.validate({ key })
  await app.validate({ key: 'an-unknown-imported-key' })
  const { status, headers, text } = await app.send('GET', '/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
  expect(text).toMatch(/verdict="VALID"\} 1$/m)
  expect(text).toMatch(/verdict="LICENSE_NOT_FOUND"\} 1$/m)
  expect(text).toContain('licet_http_requests_total{')
  expect(text).not.toContain(key)
})

test('operations: unknown paths add no metrics', async () => {
  await using app = await openTestApp()
  for (let index = 0; index < 50; index += 1) {
    await app.send('GET', `/made-up-${index}`, undefined, open)
  }
  const { text } = await app.send('GET', '/metrics')
  expect(text).not.toContain('made-up')
})
