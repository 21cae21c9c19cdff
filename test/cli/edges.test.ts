import { afterAll, expect, test } from 'bun:test'
import { readUntil } from '../support/noticing.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

test('edges: edges are created, listed and revoked while a server is running', async () => {
  await using server = await startServer(sandbox, {})
  const statusFor = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const { status } = await fetch(`${server.url}/api/v1/edge/feed`, { headers })
    return status
  }
  const created = await runLicet(sandbox, ['edges', 'create', 'eu-1'])
  expect(created.stdout).toMatch(/^licet_edge_[0-9A-Za-z]{36}\n$/)
  expect(created.stderr).toContain('(eu-1). Its token is shown only once')
  const token = created.stdout.trim()
  expect(await statusFor(token)).toBe(200)

  const taken = await runLicet(sandbox, ['edges', 'create', 'eu-1'])
  expect([taken.code, taken.stdout]).toEqual([1, ''])

  const list = await runLicet(sandbox, ['edges', 'list', '--json'])
  const [edge, ...others] = JSON.parse(list.stdout)
  expect(edge).toMatchObject({ name: 'eu-1', state: 'connected', stale_seconds: 0 })
  expect(edge.last_seen_at).toBeString()
  expect(others).toEqual([])
  const table = await runLicet(sandbox, ['edges', 'list'])
  expect(table.stdout).toMatch(/^ID +NAME +STATE +CREATED +STALE UP TO\n/)
  expect(table.stdout).toMatch(new RegExp(`^${edge.id}  eu-1  connected  .* 0s$`, 'm'))
  expect(`${list.stdout}${table.stdout}`).not.toContain(token)
  expect(list.stderr + table.stderr).toBe('')

  const revoked = await runLicet(sandbox, ['edges', 'revoke', 'eu-1'])
  expect(revoked.stdout).toBe(`Revoked ${edge.id} (eu-1).\n`)
  expect(
    await readUntil(
      () => statusFor(token),
      (status) => status !== 200,
    ),
  ).toBe(401)

  await runLicet(sandbox, ['edges', 'create', 'eu-2'])
  const later = await runLicet(sandbox, ['edges', 'list'])
  const [, newest = '', oldest = ''] = later.stdout.split('\n')
  expect(newest).toMatch(/ eu-2 +never seen +\S+ +-$/)
  expect(oldest).toMatch(/ eu-1 +revoked +\S+ +0s$/)

  const again = await runLicet(sandbox, ['edges', 'revoke', edge.id])
  expect([again.code, again.stdout]).toEqual([1, ''])
  expect(again.stderr).toStartWith(`There is no edge ${edge.id}.`)
})

test.each([
  ['', 'The name is empty. Use a name with 1–200 characters.'],
  [' ', 'It contains only blanks or invisible characters. Use a name with 1–200 characters.'],
])('edges: the name %j is refused, and the message says why', async (name, message) => {
  const { code, stderr } = await runLicet(sandbox, ['edges', 'create', name])
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})
