import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseClaims } from '../../src/claims.ts'
import { coversDomain } from '../../src/domains.ts'
import { findFingerprint, hashMachineId } from '../../src/fingerprints.ts'
import { readClock } from '../../src/judge.ts'
import { Keys } from '../../src/keys.ts'
import { computeReturnCode, encodeRequest } from '../../src/offline-codes.ts'
import { emptyRecord, nameRecord } from '../../src/record.ts'
import { WebhookError, Webhooks } from '../../src/webhooks.ts'
import { readVectors } from './vectors.ts'

interface ClockCase {
  readonly id: string
  readonly description: string
  readonly floor: number
  readonly issuedAt: readonly number[]
  readonly builtAt?: number
  readonly now: number
  readonly expected: { readonly time: number; readonly behind: boolean; readonly floor: number }
}

for (const each of readVectors<{ readonly cases: readonly ClockCase[] }>('clock.json').cases) {
  const { id, description, floor, issuedAt, now, expected } = each
  test(`clock.json, ${id}: ${description}`, () => {
    const record = { ...emptyRecord, floor }
    const tokens = issuedAt.map((iat) => ({
      type: 'licet-lease+jwt' as const,
      kid: '',
      claims: { iat } as LeaseClaims,
    }))
    const { time, isBehind, nextFloor } = readClock({ record, tokens }, now, each)
    assert.deepEqual({ time, behind: isBehind, floor: nextFloor }, expected)
  })
}

interface DomainCase {
  readonly dom: readonly string[]
  readonly domain: string
  readonly covered: boolean
  readonly note: string
}

for (const each of readVectors<{ readonly cases: readonly DomainCase[] }>('domains.json').cases) {
  const { dom, domain, covered, note } = each
  test(`domains.json: ${dom} ${covered ? 'covers' : 'does not cover'} ${domain} (${note})`, () => {
    assert.equal(coversDomain(dom, domain), covered)
  })
}

interface FingerprintVectors {
  readonly machines: readonly {
    readonly appId: string
    readonly machineId: string
    readonly fingerprint: string
    readonly note: string
  }[]
  readonly sources: readonly {
    readonly description: string
    readonly appId: string
    readonly option: string | null
    readonly environment: string | null
    readonly container: boolean
    readonly machineId: string | null
    readonly random: string
    readonly expected: { readonly kind: string; readonly value: string }
  }[]
  readonly stores: readonly {
    readonly key: string
    readonly product: string | null
    readonly fingerprint: string | null
    readonly domain: string | null
    readonly name: string
    readonly note: string
  }[]
}

const { machines, sources, stores } = readVectors<FingerprintVectors>('fingerprints.json')

for (const { appId, machineId, fingerprint, note } of machines) {
  test(`fingerprints.json: the machine ${JSON.stringify(machineId)} (${note})`, () => {
    assert.equal(hashMachineId(appId, machineId), fingerprint)
  })
}

for (const { description, appId, option, environment, random, expected, ...machine } of sources) {
  test(`fingerprints.json: ${description}`, async () => {
    const platform = {
      readVariable: () => environment ?? undefined,
      findMachineId: async () => (machine.container ? null : machine.machineId),
    }
    const store = { get: () => random, put: () => {}, delete: () => {} }
    assert.deepEqual(await findFingerprint(appId, platform, store, option), expected)
  })
}

for (const { name, note, ...subject } of stores) {
  test(`fingerprints.json: the name of the file for ${note}`, () => {
    const key = Keys.normalize(subject.key) ?? subject.key
    assert.equal(`${nameRecord({ ...subject, key })}.json`, name)
  })
}

interface OfflineVectors {
  readonly requests: readonly {
    readonly request: {
      readonly product?: string
      readonly key: string
      readonly fp: string
      readonly name?: string
      readonly nonce: string
    }
    readonly code: string
  }[]
  readonly returns: readonly { readonly ret: string; readonly jti: string; readonly code: string }[]
}

const { requests, returns } = readVectors<OfflineVectors>('offline.json')

for (const { request, code } of requests) {
  test(`offline.json: the request code of ${JSON.stringify(request)}`, () => {
    const { key, fp: fingerprint, product = null, name = null, nonce } = request
    assert.equal(encodeRequest({ key, fingerprint, product, name, nonce }), code)
  })
}

for (const { ret, jti, code } of returns) {
  test(`offline.json: the return code ${code}`, () => {
    assert.equal(computeReturnCode(ret, jti), code)
  })
}

interface WebhookCase {
  readonly id: string
  readonly description: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly now: number
  readonly expected: { readonly ok: boolean }
}

for (const each of readVectors<{ readonly cases: readonly WebhookCase[] }>('webhooks.json').cases) {
  const { id, description, body, headers, secrets, now, expected } = each
  test(`webhooks.json, ${id}: ${description}`, () => {
    const verify = () => Webhooks.verify(body, headers, secrets, { now: now * 1000 })
    if (expected.ok) verify()
    else assert.throws(verify, WebhookError)
  })
}
