import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SQL } from 'bun'
import { nodeEnvironment, startNodes } from '../support/nodes.ts'
import {
  createScratchSchema,
  type ScratchSchema,
  START_LIMIT_MS,
  startDatabase,
} from '../support/postgres.ts'
import {
  environmentAfter,
  expectEverything,
  fixtures,
  readFacts,
  versions,
} from '../support/releases.ts'
import { runLicet, Sandbox } from '../support/server.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

/** The name that `scripts/write-fixture` gives the schema. */
const SCHEMA = /\blicet_fixture_schema\b/g

async function run({ url }: ScratchSchema, sql: string): Promise<void> {
  const client = new SQL({ url, max: 1, connection: { client_min_messages: 'warning' } })
  try {
    await client.unsafe(sql)
  } finally {
    await client.close({ timeout: 1 })
  }
}

test.each(versions)(
  'upgrade on PostgreSQL: everything of version %s is there, and works',
  async (version) => {
    await using scratch = await createScratchSchema()
    const path = join(fixtures, 'releases', version, 'postgres.sql.gz')
    const dump = gunzipSync(readFileSync(path)).toString('utf8')
    await run(scratch, dump.replaceAll(SCHEMA, scratch.schema))
    const facts = readFacts(version, 'postgres-facts.json')
    // If this fails for a version that is not released yet: scripts/write-fixture
    await using cluster = await startNodes(scratch, 1, environmentAfter(facts.writtenAt))
    for (const node of cluster.nodes) await expectEverything(node, facts)
  },
)

test.each(['migrations', 'usage_migrations'])(
  'downgrade on PostgreSQL: with a newer migration in %s, no server starts, and the others go on',
  async (ledger) => {
    await using scratch = await createScratchSchema()
    await using cluster = await startNodes(scratch, 1)
    await run(scratch, `INSERT INTO ${scratch.schema}.${ledger} VALUES ('9999_next', 'hash')`)
    using sandbox = new Sandbox()
    const env = { ...nodeEnvironment(scratch), LICET_PORT: '0' }
    const { code, stderr } = await runLicet(sandbox, ['serve'], env)
    expect(code).toBe(1)
    expect(stderr).toContain('written by a newer version of Licet (it has migration 9999_next)')
    expect(stderr).toContain('or your backup of PostgreSQL')
    const order = { plan: 'professional', customer_email: 'dev@example.com' }
    expect((await cluster.nodes[0]?.send('POST', '/api/v1/licenses', order))?.status).toBe(201)
  },
)
