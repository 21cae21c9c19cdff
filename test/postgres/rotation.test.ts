import { beforeAll, test } from 'bun:test'
import { SQL } from 'bun'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { KILLS, killRotations, LICENSES } from '../support/rotation.ts'
import { ADMIN_TOKEN, Sandbox } from '../support/server.ts'

beforeAll(startDatabase, START_LIMIT_MS)

test(`secret: on PostgreSQL, a rotation of ${LICENSES} licenses that is killed ${KILLS} times ends well`, async () => {
  using sandbox = new Sandbox()
  await using scratch = await createScratchSchema()
  const secretFileOf = (round: number) => sandbox.at(`secret-${round}`)
  await Bun.write(secretFileOf(0), `${Buffer.alloc(32, 7).toString('base64')}\n`)
  const url = `${scratch.url}?search_path=${scratch.schema}`
  await using client = new SQL({ url, max: 1 })
  await killRotations({
    sandbox,
    envOf: (round) => ({
      LICET_ADMIN_TOKEN: ADMIN_TOKEN,
      LICET_DATABASE_URL: url,
      LICET_MASTER_SECRET_FILE: secretFileOf(round),
    }),
    rotateArgsOf: (round) => ['--to', secretFileOf(round + 1)],
    secretFileOf,
    query: async (sql) => [...(await client.unsafe(sql))],
  })
}, 600_000)
