import { beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { nodeEnvironment, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { KILLS, killRotations, LICENSES, readSecret, validate } from '../support/rotation.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, spawn } from '../support/server.ts'

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

test('secret: servers that share a database learn the next secret, and what each of them creates meanwhile works on all', async () => {
  using sandbox = new Sandbox()
  await using scratch = await createScratchSchema()
  await using running = await startNodes(scratch, 2)
  const { nodes } = running
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const keys: string[] = []
  const wrong: unknown[] = []
  const state = { isOver: false }
  const work = nodes.map(async (node, index) => {
    const other = nodes[1 - index] ?? node
    while (!state.isOver) {
      const { status, body } = await node.send('POST', '/api/v1/licenses', order)
      if (status !== 201) wrong.push(body)
      else keys.push(body.key)
      const verdict = await validate(other, body.key)
      if (verdict !== 'VALID') wrong.push(verdict)
      const older = keys[Math.floor(Math.random() * keys.length)] ?? ''
      if ((await validate(node, older)) !== 'VALID') wrong.push(older)
    }
  })
  while (keys.length < 200) await Bun.sleep(5)
  const next = sandbox.at('next.secret')
  const launch = { cwd: sandbox.path, env: nodeEnvironment(scratch) }
  const rotated = await runLicet(launch, ['secret', 'rotate', '--to', next])
  const before = keys.length
  while (keys.length < before + 50) await Bun.sleep(5)
  state.isOver = true
  await Promise.all(work)
  expect(rotated.stderr).toContain('A running server does the work.')
  expect(rotated.code).toBe(0)
  expect(wrong).toEqual([])

  await using client = new SQL({ url: `${scratch.url}?search_path=${scratch.schema}`, max: 1 })
  const [prefix] = await client.unsafe("SELECT value FROM meta WHERE name = 'secret:prefix'")
  const left = await client.unsafe(
    'SELECT id FROM licenses WHERE NOT starts_with(key_sealed, $1) OR NOT starts_with(key_hash, $1)',
    [prefix.value],
  )
  expect([...left]).toEqual([])
  expect((await runLicet(launch, ['secret', 'check'])).code).not.toBe(0)
  const nextEnv = { ...launch.env, LICET_MASTER_SECRET: readSecret(next).toString('base64') }
  expect((await runLicet({ ...launch, env: nextEnv }, ['secret', 'check'])).code).toBe(0)
}, 120_000)

test('secret: a rotation that waits for an open transaction logs its process, and goes on when it ends', async () => {
  using sandbox = new Sandbox()
  await using scratch = await createScratchSchema()
  const launch = { cwd: sandbox.path, env: nodeEnvironment(scratch) }
  await using client = new SQL({ url: `${scratch.url}?search_path=${scratch.schema}`, max: 1 })
  const [session] = await client.unsafe('SELECT pg_backend_pid() AS pid')
  await client.unsafe('BEGIN')
  await client.unsafe('CREATE TABLE held (id int)')
  // Later, so that no transaction of another test is older.
  const running = await startNodes(scratch, 1)
  await running.nodes[0]?.stop()
  await running[Symbol.asyncDispose]()
  const rotating = spawn(launch, ['secret', 'rotate', '--to', sandbox.at('next.secret')], {})
  let log = ''
  for await (const chunk of rotating.stderr) {
    log += Buffer.from(chunk).toString()
    if (!/waits for a transaction.*\n/.test(log)) continue
    expect(log).toMatch(new RegExp(`\\bpid\\W+${session.pid}\\b`))
    await client.unsafe('ROLLBACK')
  }
  expect(log).toContain('waits for a transaction that began earlier to end')
  expect(await rotating.exited).toBe(0)
}, 60_000)
