import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { testAuthority, testCertificate, testCertificateKey } from '../support/certificates.ts'
import { runLicet, startServer, Workplace } from './processes.ts'

const workplace = new Workplace()
afterAll(() => workplace[Symbol.dispose]())

const env = {
  LICET_TLS_CERT: workplace.at('cert.pem'),
  LICET_TLS_KEY: workplace.at('key.pem'),
}
writeFileSync(env.LICET_TLS_CERT, testCertificate)
writeFileSync(env.LICET_TLS_KEY, testCertificateKey)

test('with a certificate and its key the server answers https, and healthcheck asks so', async () => {
  await using server = await startServer(workplace, env)
  expect(server.url).toStartWith('https://127.0.0.1:')
  const answer = await fetch(`${server.url}/readyz`, { tls: { ca: testAuthority } })
  expect(answer.status).toBe(200)

  const there = { ...env, LICET_PORT: new URL(server.url).port }
  expect(await runLicet(workplace, ['healthcheck'], there)).toEqual({
    code: 0,
    stdout: 'ready\n',
    stderr: '',
  })
  await server.stop()
  const { code, stderr } = await runLicet(workplace, ['healthcheck'], there)
  expect(stderr).toContain('/readyz does not answer')
  expect(code).toBe(1)
})

test('a path is read over https as over http, and no Host shifts it', async () => {
  await using server = await startServer(workplace, env)
  const ask = async (method: string, path: string, host = 'localhost') => {
    const init = { method, headers: { host }, tls: { ca: testAuthority } }
    return (await fetch(`${server.url}${path}`, init)).status
  }
  expect(await ask('GET', '/api/v1/validate')).toBe(405)
  expect(await ask('GET', '/livez/')).toBe(200)
  expect(await ask('GET', '/nope')).toBe(404)
  for (const host of ['a', 'ab']) expect(await ask('GET', '/zz/livez', host)).toBe(400)
  expect(await ask('GET', '/zz/livez', 'abc')).toBe(404)
})

test('a certificate without its key is refused by name', async () => {
  const { code, stderr } = await runLicet(workplace, ['serve'], {
    ...env,
    LICET_TLS_KEY: env.LICET_TLS_CERT,
    LICET_PORT: '0',
  })
  expect(stderr).toContain('LICET_TLS_KEY names no private key')
  expect(code).toBe(2)
})
