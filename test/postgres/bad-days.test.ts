import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { testBadDays } from '../support/bad-days.ts'
import { nodeEnvironment } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

setDefaultTimeout(300_000)
beforeAll(startDatabase, START_LIMIT_MS)

testBadDays('PostgreSQL', async ({ cwd }, { launch, env } = {}) => {
  await using stack = new AsyncDisposableStack()
  const scratch = stack.use(await createScratchSchema())
  const server = stack.use(
    await startServer({ cwd, ...launch }, { ...nodeEnvironment(scratch), ...env }),
  )
  const moved = stack.move()
  return { ...server, [Symbol.asyncDispose]: () => moved.disposeAsync() }
})

test('bad day: on PostgreSQL, a server with another master secret ends, and says so', async () => {
  using sandbox = new Sandbox()
  await using scratch = await createScratchSchema()
  const env = { ...nodeEnvironment(scratch), LICET_PORT: '0' }
  await using server = await startServer(sandbox, env)
  const other = { LICET_MASTER_SECRET: Buffer.alloc(32, 9).toString('base64') }
  const { code, stderr } = await runLicet(sandbox, ['serve'], { ...env, ...other })
  const sentence = 'a different master secret. Set LICET_MASTER_SECRET to that one.'
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(sentence) })
  expect(await server.send('GET', '/readyz')).toMatchObject({ status: 200 })
})
