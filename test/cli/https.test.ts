import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { testAuthority, testCertificate, testCertificateKey } from '../support/certificates.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const env = {
  LICET_TLS_CERT: sandbox.at('cert.pem'),
  LICET_TLS_KEY: sandbox.at('key.pem'),
}
writeFileSync(env.LICET_TLS_CERT, testCertificate)
writeFileSync(env.LICET_TLS_KEY, testCertificateKey)

test('https: the server and healthcheck use it if a certificate and key are set', async () => {
  await using server = await startServer(sandbox, env)
  expect(server.url).toStartWith('https://127.0.0.1:')
  const response = await fetch(`${server.url}/readyz`, { tls: { ca: testAuthority } })
  expect(response.status).toBe(200)

  const sameAddress = { ...env, LICET_PORT: new URL(server.url).port }
  expect(await runLicet(sandbox, ['healthcheck'], sameAddress)).toEqual({
    code: 0,
    stdout: 'ready\n',
    stderr: '',
  })
  await server.stop()
  const { code, stderr } = await runLicet(sandbox, ['healthcheck'], sameAddress)
  expect(stderr).toContain('/readyz does not respond')
  expect(code).toBe(1)
})

test('https: paths are read as over http, and a short Host does not shift them', async () => {
  await using server = await startServer(sandbox, env)
  const fetchStatus = async (method: string, path: string, host = 'localhost') => {
    const init = { method, headers: { host }, tls: { ca: testAuthority } }
    return (await fetch(`${server.url}${path}`, init)).status
  }
  expect(await fetchStatus('GET', '/api/v1/validate')).toBe(405)
  expect(await fetchStatus('GET', '/livez/')).toBe(200)
  expect(await fetchStatus('GET', '/nope')).toBe(404)
  for (const host of ['a', 'ab']) expect(await fetchStatus('GET', '/zz/livez', host)).toBe(400)
  expect(await fetchStatus('GET', '/zz/livez', 'abc')).toBe(404)
})

test('https: a file that is not a private key is reported with the variable', async () => {
  const { code, stderr } = await runLicet(sandbox, ['serve'], {
    ...env,
    LICET_TLS_KEY: env.LICET_TLS_CERT,
    LICET_PORT: '0',
  })
  expect(stderr).toContain('LICET_TLS_KEY must be the path of a PEM private key')
  expect(code).toBe(2)
})
