import { expect, test } from 'bun:test'
import packageFile from '../../package.json' with { type: 'json' }
import { runLicet, Sandbox } from '../support/server.ts'

const file = { name: 'licet-99.0.0-linux-x64', sha256: 'a'.repeat(64), bytes: 1 }
const release = { version: '99.0.0', date: '2030-01-31', files: [file], later: 'ignored' }

/** Runs the command against a server with this response. Returns also the requests that arrived. */
async function check(respond: (request: Request) => Response | Promise<Response>) {
  using sandbox = new Sandbox()
  const requests: { line: string; headers: Record<string, string> }[] = []
  await using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      const line = `${request.method} ${new URL(request.url).pathname}`
      requests.push({ line, headers: Object.fromEntries(request.headers) })
      return respond(request)
    },
  })
  const env = { LICET_UPDATE_URL: `${server.url}release.json` }
  return { ...(await runLicet(sandbox, ['update', '--check'], env)), requests }
}

test('update: a newer release exits with 3, and names the section of the changelog and the digest', async () => {
  const { code, stdout, stderr } = await check(() => Response.json(release))
  expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
  expect(stdout).toContain('There is a newer release: 99.0.0 of 2030-01-31.')
  expect(stdout).toContain('the section [99.0.0] of CHANGELOG.md')
  expect(stdout).toContain(`${file.sha256}  ${file.name}`)
})

test.each([
  [packageFile.version, 'is the newest release'],
  ['0.0.1', 'is newer than the newest release (0.0.1)'],
  [`${packageFile.version}-rc.1`, 'is newer than the newest release'],
])('update: the release %s exits with 0', async (version, words) => {
  const { code, stdout } = await check(() => Response.json({ ...release, version }))
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(words) })
})

test('update: the request says nothing about this server', async () => {
  const { requests } = await check(() => Response.json(release))
  expect(requests.map(({ line }) => line)).toEqual(['GET /release.json'])
  expect(requests[0]?.headers).toEqual({
    accept: 'application/json',
    'accept-encoding': expect.any(String),
    connection: 'keep-alive',
    host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    'user-agent': 'licet',
  })
})

test.each([
  ['a status', () => new Response('gone', { status: 404 }), /returned 404 instead of 200/],
  ['a redirect', () => Response.redirect('https://example.com/'), /redirects \(302\)\. Set LICET_/],
  ['text', () => new Response('<html>'), /is not the release\.json of a release/],
  ['no version', () => Response.json({ ...release, version: 'new' }), /\/version is wrong/],
  [
    'a short digest',
    () => Response.json({ ...release, files: [{ ...file, sha256: 'abc' }] }),
    /\/files\/0\/sha256 is wrong/,
  ],
  [
    'control characters in a name',
    () => Response.json({ ...release, files: [{ ...file, name: 'licet-\u001b[2J' }] }),
    /\/files\/0\/name is wrong/,
  ],
  ['no files', () => Response.json({ ...release, files: [] }), /\/files is wrong/],
  ['a large body', () => new Response('1'.repeat(1_000_000)), /returned more than 65536 bytes/],
])('update: %s exits with 1 and one sentence', async (_what, respond, words) => {
  const { code, stdout, stderr } = await check(respond)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(words)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('update: a server that cannot be reached exits with 1', async () => {
  using sandbox = new Sandbox()
  const env = { LICET_UPDATE_URL: 'http://127.0.0.1:1/release.json' }
  const { code, stderr } = await runLicet(sandbox, ['update', '--check'], env)
  expect(code).toBe(1)
  expect(stderr).toMatch(/cannot be read \(ECONNREFUSED\)\. Check the address/)
})

test('update: without LICET_UPDATE_URL, the command says what to set', async () => {
  using sandbox = new Sandbox()
  const { code, stderr } = await runLicet(sandbox, ['update', '--check'])
  expect(code).toBe(1)
  expect(stderr).toContain('LICET_UPDATE_URL is not set. Set it to the address of the release.json')
})

test('update: without --check, nothing is done', async () => {
  using sandbox = new Sandbox()
  const { code, stderr } = await runLicet(sandbox, ['update'])
  expect(code).toBe(2)
  expect(stderr).toContain("required option '--check' not specified")
})
