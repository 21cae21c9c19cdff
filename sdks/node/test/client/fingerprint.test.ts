import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { findFingerprint } from '../../src/fingerprints.ts'
import { fingerprint } from '../../src/index.ts'
import { createMemoryStore } from '../../src/store.ts'

const bare = { readVariable: () => undefined, findMachineId: async () => null }

test('a random fingerprint stays the same as long as the store keeps it', async () => {
  const store = createMemoryStore()
  const first = await findFingerprint('editor', bare, store)
  assert.equal(first.kind, 'random')
  assert.match(first.value, /^[0-9a-f]{64}$/)
  assert.deepEqual(await findFingerprint('editor', bare, store), first)
  assert.notEqual((await findFingerprint('editor', bare, createMemoryStore())).value, first.value)
})

test('two processes that start at the same time agree on one random fingerprint', async () => {
  const store = createMemoryStore()
  const slow = { ...store, put: async (name: string, text: string) => store.put(name, text) }
  const found = await Promise.all([1, 2, 3].map(() => findFingerprint('editor', bare, slow)))
  assert.equal(new Set(found.map(({ value }) => value)).size, 1)
})

test('a damaged random ID is replaced', async () => {
  const store = createMemoryStore()
  store.put('licet-device', 'half an i')
  const { value } = await findFingerprint('editor', bare, store)
  assert.equal((await findFingerprint('editor', bare, store)).value, value)
})

test('the fingerprint of this device is that of the machine, except in a container', async () => {
  const { kind, value } = await fingerprint('editor', createMemoryStore())
  const isContainer = ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))
  if (isContainer || process.env.KUBERNETES_SERVICE_HOST) assert.notEqual(kind, 'machine')
  assert.ok(kind === 'environment' || /^[0-9a-f]{64}$/.test(value))
})

test('an app ID that is no name of a directory is rejected', async () => {
  await assert.rejects(fingerprint('../editor'), TypeError)
})
