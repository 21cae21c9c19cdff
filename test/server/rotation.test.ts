import { expect, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { buildJobActor, shellActor } from '~/domain/actors.ts'
import { deriveGeneration, type Generation, type Purpose } from '~/platform/generation.ts'
import { planRotation } from '~/platform/kept-keys.ts'
import { continueRotation } from '~/server/rotation/rotation.ts'
import { adoptSecrets, describeStep, toSecretState } from '~/server/rotation/state.ts'
import type { SealedPlace } from '~/store/secrets-port.ts'
import { sealedPlaces } from '~/store/shared/sealed-places.ts'
import { formatFingerprint, PREFIX, ROTATION } from '~/store/shared/secret-check.ts'
import { licenseKeyCreated, orderEvent } from '../checkout/providers/lemonsqueezy-events.ts'
import type { TestApp, TestResponse } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { processAll, sendEvent } from '../support/checkout.ts'
import { verifyFile } from '../support/offline.ts'
import { openPortal, PORTAL, type Portal } from '../support/portal.ts'
import type { Rows } from '../support/storage.ts'

const secretOf = (round: number) => new Uint8Array(32).fill(7 + round)
const email = 'dev@example.com'

/** All purposes: a new one does not compile until it is here, and is then expected in a column. */
const columnsOf: Readonly<Record<Purpose, readonly string[]>> = {
  'license-key': ['checkout_facts.fact', 'licenses.key_sealed'],
  'kept-answer': ['stored_responses.sealed_response'],
  'webhook-secret': ['endpoints.former_secret', 'endpoints.secret_sealed'],
  'checkout-event': ['checkout_bodies.sealed'],
  'signing-seed': ['signing_keys.seed_sealed'],
  'import-secret': ['meta.value'],
  // Only while the secret is replaced.
  'master-secret': [],
  'kept-keys': [],
}
const purposes = Object.keys(columnsOf) as Purpose[]

/** Returns the encrypted texts in a database that a master secret opens, by the names of their columns. */
function findOpened(tables: Record<string, Rows>, by: Generation) {
  const found = new Map<string, string[]>()
  for (const [table, rows] of Object.entries(tables)) {
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        for (const [text] of String(value).matchAll(/[\w-]{38,}/g)) {
          if (!opens(by, by.prefix + text)) continue
          found.getOrInsertComputed(`${table}.${column}`, () => []).push(text)
        }
      }
    }
  }
  return found
}

function opens(by: Generation, sealed: string): boolean {
  return purposes.some((purpose) => {
    try {
      by.open(purpose, sealed)
      return true
    } catch {
      return false
    }
  })
}

const sortedNames = (found: ReadonlyMap<string, unknown>) => [...found.keys()].sort()

/** Replaces the master secret, as `licet secret rotate` does. */
async function rotate({ deps }: TestApp, round: number): Promise<void> {
  const { store, vault, clock } = deps
  const state = toSecretState(await store.secrets.read())
  const former = deriveGeneration(secretOf(round), state.kept === null)
  const next = deriveGeneration(secretOf(round + 1), false)
  const rotation = planRotation(state, former, next, {
    id: `rotation-${round}`,
    startedAtMs: clock.nowMs(),
    isShared: true,
  })
  const step = describeStep('begin', { ...rotation, check: state.check }, shellActor, clock.nowMs())
  expect(await store.secrets.begin(ROTATION, JSON.stringify(rotation), step)).toBe(true)
  adoptSecrets(vault, await store.secrets.read(), null)
  await continueRotation(deps, {
    actor: buildJobActor('rotate-secret'),
    directory: null,
    isShared: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  adoptSecrets(vault, await store.secrets.read(), null)
}

/** Creates something in every column that depends on the master secret. Returns how to check that it works. */
async function createEverything(app: Portal) {
  const { send, deps } = app
  const post = async (
    path: string,
    body?: unknown,
    headers = {},
  ): Promise<TestResponse['body']> => {
    const { status, text, body: result } = await send('POST', `/api/v1${path}`, body, headers)
    if (status >= 300) throw new Error(`${path}: ${text}`)
    return result
  }
  const order = { plan: 'professional', customer_email: email }
  const once = { 'idempotency-key': 'the-order' }
  const license = await post('/licenses', order, once)
  const rekeyed = await post(`/licenses/${license.id}/rotate-key`, { overlap_hours: 24 })
  const { file } = await post(`/licenses/${license.id}/file`, { fingerprint: 'machine' })
  const endpoint = await post('/webhooks', { url: 'https://hooks.example.com', events: ['*'] })
  await post(`/webhooks/${endpoint.id}/rotate-secret`)
  const deleted = await post('/webhooks', { url: 'https://gone.example.com', events: ['*'] })
  const apiKey = await post('/keys', { name: 'shop', scopes: ['licenses:read'] })
  const edge = await post('/edges', { name: 'eu-1' })
  const setup = await app.setupToken()
  const operator = await app.signedIn({ setup: await app.setupToken() })
  const customer = await app.enter({ key: rekeyed.key })
  const waiting = openBrowser(app.url)
  const code = await app.requestCode(waiting, email)
  const secretSealed = deps.vault.seal('import-secret', 'the secret of another product')
  const hashing = { name: 'hmac-sha256/a', algorithm: 'hmac-sha256' as const, secretSealed }
  await deps.store.imports.addHashing(hashing)
  await deps.store.imports.addHashing({ name: 'sha256', algorithm: 'sha256', secretSealed: null })
  await post('/checkout/rules', { price: '30', plan: 'professional', import_keys: true })
  const bought = [licenseKeyCreated(), orderEvent('created')]
  for (const event of bought) await sendEvent(app, event, 'lemonsqueezy')
  await processAll(app)
  const shopLicenses = await send('GET', '/api/v1/licenses?customer_email=ada@example.com')
  const [sold] = shopLicenses.body.data
  const changed = await post(`/licenses/${sold.id}/rotate-key`, { overlap_hours: 0 })

  return async () => {
    for (const key of [license.key, rekeyed.key, changed.key]) {
      expect((await app.validate({ key, domain: 'example.com' })).body.valid).toBe(true)
    }
    expect((await post('/licenses', order, once)).id).toBe(license.id)
    const jti = verifyFile(deps.signer.listPublicKeys(), file).jti
    expect(jti).toBeString()
    const own = { authorization: `Bearer ${apiKey.token}` }
    expect((await send('GET', '/api/v1/licenses', undefined, own)).status).toBe(200)
    const poll = { authorization: `Bearer ${edge.token}` }
    expect((await send('GET', '/api/v1/edge/feed', undefined, poll)).status).toBe(200)
    expect((await operator.send('GET', '/api/v1/session')).status).toBe(200)
    expect((await customer.send('GET', `${PORTAL}/licenses`)).status).toBe(200)
    const [, hashed] = await Promise.all([deps.signer.load(), deps.store.imports.listHashings()])
    const sealed = hashed.find(({ name }) => name === hashing.name)?.secretSealed ?? ''
    expect(deps.vault.open('import-secret', sealed)).toBe('the secret of another product')
    // The shop repeats its key. The one that the operator has given since stays.
    await sendEvent(
      app,
      licenseKeyCreated({ updated_at: new Date().toISOString() }),
      'lemonsqueezy',
    )
    await processAll(app)
    const { body } = await send('GET', '/api/v1/checkout/events?limit=1')
    expect(body.data[0]).toMatchObject({ state: 'done' })
    const { key } = (await send('GET', `/api/v1/licenses/${sold.id}`)).body
    expect(key).toBe(changed.key)
    return { setup, code, waiting, deleted, endpoint }
  }
}

test('secret: everything that depends on it works after two rotations, and nothing is left that a former one opens', async () => {
  await using app = await openPortal()
  const expectWorking = await createEverything(app)
  for (let round = 0; round < 2; round += 1) {
    const former = deriveGeneration(secretOf(round), round === 0)
    const next = deriveGeneration(secretOf(round + 1), false)
    const before = findOpened(await app.database.readRows(), former)
    const expected = round === 0 ? [] : ['meta.value']
    expect(sortedNames(before)).toEqual([
      ...new Set([...Object.values(columnsOf).flat(), ...expected].sort()),
    ])
    await rotate(app, round)
    const rows = await app.database.readRows()
    expect(sortedNames(findOpened(rows, former))).toEqual([])
    expect(sortedNames(findOpened(rows, next))).toEqual(sortedNames(before))
    const everything = await app.database.readEverything()
    for (const [column, texts] of before) {
      // In free pages, and in the log of the file.
      expect({ column, left: texts.filter((text) => everything.includes(text)) }).toEqual({
        column,
        left: [],
      })
    }
    await expectWorking()
  }
  const { setup, code, waiting, deleted, endpoint } = await expectWorking()
  await app.signedIn({ setup })
  expect((await waiting.send('POST', `${PORTAL}/session`, { code })).status).toBe(201)
  for (const { id } of [deleted, endpoint]) {
    expect((await app.send('DELETE', `/api/v1/webhooks/${id}`)).status).toBe(204)
  }
  expect(app.logLines.filter((line) => line.includes('cannot be decrypted'))).toEqual([])
})

test('secret: the audit says who has begun and finished a rotation, with the fingerprints', async () => {
  await using app = await openPortal()
  await rotate(app, 0)
  const fingerprint = (round: number) =>
    formatFingerprint(deriveGeneration(secretOf(round), true).check)
  const entry = {
    subject_id: 'rotation-0',
    before: { fingerprint: fingerprint(0) },
    after: { fingerprint: fingerprint(1) },
  }
  const { body } = await app.send('GET', '/api/v1/audit?action=master_secret.*')
  expect(body.data).toMatchObject([
    {
      ...entry,
      action: 'master_secret.finish_rotation',
      actor: { kind: 'job', id: 'rotate-secret' },
    },
    { ...entry, action: 'master_secret.begin_rotation', actor: { kind: 'command', id: 'shell' } },
  ])
  expect(await app.database.isAuditIntact()).toBe(true)
})

test('secret: after a rotation, every table refuses what a server has encrypted that still has the former secret', async () => {
  await using app = await openPortal()
  await createEverything(app)
  const { secrets } = app.deps.store
  await secrets.write({ [PREFIX]: 'next.' })
  for (const name of Object.keys(sealedPlaces) as SealedPlace[]) {
    // A replaced key follows from that of its license, which is refused.
    if (name === 'former_keys') continue
    const { table, id } = sealedPlaces[name]
    const rows = await secrets.list(name, null, 100)
    const was = rows.find(({ sealed }) => sealed?.match(/[\w-]{38,}/))
    assert(was !== undefined, `there is something encrypted in ${name}`)
    const sealed = was.sealed?.replace(/[\w-]{38,}/g, 'stale') ?? null
    const update = secrets.replace(name, [{ was, now: { ...was, sealed } }])
    await expect(update).rejects.toThrow('The master secret was replaced')
    const row = `SELECT * FROM ${table} WHERE CAST(${id} AS TEXT) = '${was.id}'`
    const copy = app.database.run(`INSERT INTO ${table} ${row}`)
    await expect(copy).rejects.toThrow('The master secret was replaced')
  }
  await secrets.write({ [PREFIX]: null })
})
