import { expect, test } from 'bun:test'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'
import { openToken } from '../support/tokens.ts'

/** Creates a license and revokes it. Returns its id. */
async function revokeOne({ send }: ServerProcess): Promise<string> {
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  const { body } = await send('POST', '/api/v1/licenses', order)
  await send('POST', `/api/v1/licenses/${body.id}/revoke`)
  return body.id
}

const readFeed = async ({ send }: ServerProcess, after = 0) =>
  (await send('GET', `/api/v1/revocations?after=${after}`)).body

const readKeys = async ({ send }: ServerProcess) =>
  (await send('GET', '/.well-known/licet/jwks.json')).body.keys

test('restore: the keys are those of the backup, and an app reads on in the feed from where it was', async () => {
  using sandbox = new Sandbox()
  const backup = sandbox.at('backup.sqlite')
  const first = await startServer(sandbox)
  const keys = await readKeys(first)
  await revokeOne(first)
  expect((await runLicet(sandbox, ['backup', backup])).code).toBe(0)
  await revokeOne(first)
  const { to: seen } = await readFeed(first)
  expect(await first.stop()).toBe(0)

  expect((await runLicet(sandbox, ['restore', backup])).code).toBe(0)
  await using second = await startServer(sandbox)
  expect(await readKeys(second)).toEqual(keys)
  const unchanged = await readFeed(second, seen)
  expect(unchanged.from).toBe(seen)
  expect(unchanged.to).toBeGreaterThan(seen)
  const id = await revokeOne(second)
  const { signed } = await readFeed(second, seen)
  const { claims } = await openToken(signed, keys[0].x)
  expect(claims.revoked).toEqual([[id, expect.any(Number)]])
})
