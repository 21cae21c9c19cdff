import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['trafficorchestrator'] })
})
afterAll(() => app.close())

const validate = (body: object) => app.callAsClient('validate', body)

test('compat trafficorchestrator: a valid license has its plan, domains and end', async () => {
  const { key } = await app.createLicense({ expires_at: '2030-01-01T00:00:00Z' })
  const { status, headers, body } = await validate({ token: key, domain: 'example.com' })
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      valid: true,
      message: 'License is valid',
      plan: 'professional',
      domains: ['example.com'],
      expiresAt: '2030-01-01T00:00:00Z',
    },
  })
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})
