import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { writeLicenseList } from '../support/import-files.ts'
import { nodeEnvironment, sizeOf, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { runLicet, Sandbox, type ServerProcess, spawn } from '../support/server.ts'

setDefaultTimeout(600_000)
beforeAll(startDatabase, START_LIMIT_MS)

const LICENSES = sizeOf(1000, 100_000)

const keyOf = (number: number) => `ACME-2019-${String(number * 7919).padStart(12, '0')}`

const validate = async (server: ServerProcess | undefined, key: string) =>
  (await server?.send('POST', '/api/v1/validate', { key }))?.body

/** Returns the first two counts of a summary. */
function countsIn(stdout: string) {
  const [, imported, existing] = /^(\d+) imported, (\d+) already there;/.exec(stdout) ?? []
  return { imported: Number(imported), existing: Number(existing) }
}

test('import: two imports of one file at the same time import each license once, and all servers validate it', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 2)
  using sandbox = new Sandbox()
  const list = sandbox.at('licenses.csv')
  await writeLicenseList(list, LICENSES)
  const env = nodeEnvironment(scratch)
  for (const node of cluster.nodes) {
    expect((await validate(node, keyOf(1))).valid).toBe(false)
  }
  const results = await Promise.all(
    [1, 2].map(() => runLicet(sandbox, ['import', 'csv', list], env)),
  )
  const counts = results.map(({ stdout }) => countsIn(stdout))
  expect(results.filter(({ code }) => code !== 0)).toEqual([])
  expect(counts.reduce((sum, { imported }) => sum + imported, 0)).toBe(LICENSES)
  expect(counts.reduce((sum, { existing }) => sum + existing, 0)).toBe(LICENSES)
  for (const node of cluster.nodes) {
    expect(await validate(node, keyOf(1))).toMatchObject({ valid: true })
    expect((await validate(node, keyOf(3))).error).toBe('LICENSE_SUSPENDED')
  }
})

test('import: one that was killed and repeated imports only the rest, and a third changes nothing', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 1)
  using sandbox = new Sandbox()
  const list = sandbox.at('licenses.csv')
  await writeLicenseList(list, LICENSES)
  const env = nodeEnvironment(scratch)
  const child = spawn(sandbox, ['import', 'csv', list], env)
  const [server] = cluster.nodes
  while (!(await validate(server, keyOf(0))).valid && child.exitCode === null) await Bun.sleep(5)
  child.kill('SIGKILL')
  await child.exited
  const resumed = countsIn((await runLicet(sandbox, ['import', 'csv', list], env)).stdout)
  expect(resumed.existing).toBeGreaterThan(0)
  expect(resumed.imported + resumed.existing).toBe(LICENSES)
  const again = await runLicet(sandbox, ['import', 'csv', list, '--update'], env)
  expect(countsIn(again.stdout)).toEqual({ imported: 0, existing: LICENSES })
})

test('import: a key whose hash was imported is matched by one server, and then known to the others', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 2)
  using sandbox = new Sandbox()
  const hash = createHash('sha256').update(keyOf(7)).digest('hex')
  const list = sandbox.at('hashes.csv')
  await Bun.write(list, `id,key_hash,plan\n7,${hash},professional\n`)
  const words = ['import', 'csv', list, '--hash', 'sha256']
  expect((await runLicet(sandbox, words, nodeEnvironment(scratch))).code).toBe(0)
  const verdicts = await Promise.all(cluster.nodes.map((node) => validate(node, keyOf(7))))
  expect(verdicts).toMatchObject([{ valid: true }, { valid: true }])
  const { body } =
    (await cluster.nodes[0]?.send('GET', '/api/v1/licenses?external_ref=csv:7')) ?? {}
  expect(body.data[0].key).toBe(keyOf(7))
})
