import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'
import {
  expiredCertificate,
  expiredCertificateKey,
  renewedCertificate,
  renewedCertificateKey,
  testAuthority,
  testCertificate,
  testCertificateKey,
} from '../support/certificates.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

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

test('https: a pipe instead of a TLS file is refused, because the files are read again', async () => {
  const pipe = sandbox.at('pipe.pem')
  await Bun.spawn(['mkfifo', pipe]).exited
  for (const name of ['LICET_TLS_CERT', 'LICET_TLS_KEY']) {
    const { code, stderr } = await runLicet(sandbox, ['serve'], { ...env, [name]: pipe })
    expect(stderr).toContain(`${name} must be the path of a PEM`)
    expect(stderr).toContain('pipe.pem is not a regular file.')
    expect(code).toBe(2)
  }
})

async function openTls({ port }: ServerProcess): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

/** Returns the name on the certificate that new connections get. */
async function readServedName(server: ServerProcess): Promise<unknown> {
  const socket = await openTls(server)
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}

describe('a renewed certificate', () => {
  const files = { LICET_TLS_CERT: sandbox.at('live.pem'), LICET_TLS_KEY: sandbox.at('live.key') }
  const data = { LICET_DATA_DIR: sandbox.at('renewed') }
  const write = (cert: string, key: string) => {
    writeFileSync(files.LICET_TLS_CERT, cert)
    writeFileSync(files.LICET_TLS_KEY, key)
  }

  test('https: changed TLS files are in use within seconds, and at once on SIGHUP', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    expect(await readServedName(server)).toBe('hooks.test')
    write(renewedCertificate, renewedCertificateKey)
    await server.waitForLog('the TLS certificate was replaced')
    expect(await readServedName(server)).toBe('renewed.test')

    server.process.kill('SIGHUP')
    await server.waitForLog('the TLS files have not changed')
    write(testCertificate, testCertificateKey)
    server.process.kill('SIGHUP')
    // A connection whose handshake is under way is closed when the other server takes over.
    while ((await readServedName(server).catch(() => null)) !== 'hooks.test');
    expect(await server.stop()).toBe(0)
  })

  test('https: TLS files that cannot be used are logged, and the old certificate stays', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    write(renewedCertificate, testCertificateKey)
    await server.waitForLog('KEY_VALUES_MISMATCH')
    expect(await readServedName(server)).toBe('hooks.test')
    rmSync(files.LICET_TLS_KEY)
    server.process.kill('SIGHUP')
    await server.waitForLog('ENOENT')
    expect(await readServedName(server)).toBe('hooks.test')

    writeFileSync(files.LICET_TLS_KEY, renewedCertificateKey)
    await server.waitForLog('the TLS certificate was replaced')
    expect(await readServedName(server)).toBe('renewed.test')
  })

  test('https: a pipe in place of a TLS file does not stop later renewals', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    rmSync(files.LICET_TLS_CERT)
    await Bun.spawn(['mkfifo', files.LICET_TLS_CERT]).exited
    await server.waitForLog('is not a regular file')
    rmSync(files.LICET_TLS_CERT)
    write(renewedCertificate, renewedCertificateKey)
    await server.waitForLog('the TLS certificate was replaced')
    expect(await server.stop()).toBe(0)
  })

  test('https: each SIGHUP is answered in the log while the TLS files cannot be used', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    writeFileSync(files.LICET_TLS_KEY, 'half a k')
    await server.waitForLog('the new TLS files cannot be used')
    for (const count of [2, 3]) {
      server.process.kill('SIGHUP')
      await server.waitForLog('the new TLS files cannot be used', count)
    }
  })

  test('https: a certificate that has expired is served, with a warning in the log', async () => {
    write(expiredCertificate, expiredCertificateKey)
    {
      await using server = await startServer(sandbox, { ...files, ...data })
      await server.waitForLog('the TLS certificate has expired')
    }
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    write(expiredCertificate, expiredCertificateKey)
    await server.waitForLog('the TLS certificate has expired')
    expect(await readServedName(server)).toBe('expired.test')
  })

  test('https: a request in progress finishes while the certificate is replaced', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    const socket = await openTls(server)
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes
    })
    socket.write(
      'POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 29\r\nExpect: 100-continue\r\n\r\n',
    )
    await once(socket, 'data')
    write(renewedCertificate, renewedCertificateKey)
    await server.waitForLog('the TLS certificate was replaced')
    socket.write('{"key":"a-key-of-no-license"}')
    await once(socket, 'close')
    expect(received).toContain('LICENSE_NOT_FOUND')
    expect(await server.stop()).toBe(0)
  })

  test('https: a second server is refused on the same port', async () => {
    write(testCertificate, testCertificateKey)
    await using server = await startServer(sandbox, { ...files, ...data })
    const other = { LICET_DATA_DIR: sandbox.at('other'), LICET_PORT: String(server.port) }
    for (const tls of [files, {}]) {
      const { code, stderr } = await runLicet(sandbox, ['serve'], { ...other, ...tls })
      expect(stderr).toContain('the port is in use')
      expect(code).toBe(1)
    }
  })
})
