import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { readResponse } from '../../support/app.ts'
import type { ListeningProcess } from '../../support/server.ts'
import {
  runLicet,
  Sandbox,
  type ServerProcess,
  startEdge,
  startServer,
} from '../../support/server.ts'

const KEY = 'ACME-2019-7f3a9c0b51'
const HASHED_KEY = 'ACME-2019-aa31ff0c77'

const sandbox = new Sandbox()
let primary: ServerProcess
let edge: ListeningProcess

beforeAll(async () => {
  primary = await startServer(sandbox)
  const { body } = await primary.send('POST', '/api/v1/edges', { name: 'eu-1' })
  const env = { LICET_EDGE_TOKEN: body.token, LICET_DATA_DIR: sandbox.at('edge') }
  edge = await startEdge({ cwd: sandbox.path, env }, primary.url)
}, 120_000)

afterAll(async () => {
  await edge[Symbol.asyncDispose]()
  await primary[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

async function validate(key: string) {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify({ key }) }
  return (await readResponse(await fetch(`${edge.url}/api/v1/validate`, init))).body
}

/** Returns once the edge says that the key is valid. */
async function waitUntilValid(key: string): Promise<void> {
  while (!(await validate(key)).valid) await Bun.sleep(20)
}

async function importText(text: string, ...args: string[]): Promise<void> {
  const path = sandbox.at('licenses.csv')
  await Bun.write(path, text)
  expect((await runLicet(sandbox, ['import', 'csv', path, ...args])).code).toBe(0)
}

test('edge: a key that was unknown a moment ago is valid soon after its import, and an update arrives', async () => {
  expect((await validate(KEY)).error).toBe('LICENSE_NOT_FOUND')
  await importText(`id,key,plan\n1,${KEY},professional\n`)
  await waitUntilValid(KEY)
  await importText(`id,key,plan,status\n1,${KEY},professional,suspended\n`, '--update')
  while ((await validate(KEY)).valid) await Bun.sleep(20)
  expect((await validate(KEY)).error).toBe('LICENSE_SUSPENDED')
})

test('edge: a key of which only the hash was imported is matched through an edge, which then knows it', async () => {
  expect((await validate(HASHED_KEY)).error).toBe('LICENSE_NOT_FOUND')
  const hash = createHash('sha256').update(HASHED_KEY).digest('hex')
  await importText(`id,key_hash,plan\n2,${hash},professional\n`, '--hash', 'sha256')
  await waitUntilValid(HASHED_KEY)
  const { body } = await primary.send('GET', '/api/v1/licenses?external_ref=csv:2')
  expect(body.data[0].key).toBe(HASHED_KEY)
  expect((await validate(HASHED_KEY)).valid).toBe(true)
})
