import { expect, test } from 'bun:test'
import { decideRevocation } from '~/domain/licenses.ts'
import { buildRevocationClaims } from '~/domain/tokens.ts'
import { createFeed, ENTRIES_MAX } from '~/signing/feed.ts'
import { contextAt, issue } from '../store/contract/stores.ts'
import { openTestDeps, type TestDeps } from '../support/deps.ts'
import { startMs } from '../support/samples.ts'
import { openToken } from '../support/tokens.ts'

const DAY_MS = 86_400_000

/** Issues licenses and revokes all of them in one transaction. Returns their ids, in this order. */
async function revokeMany({ deps: { store } }: TestDeps, count: number, nowMs = startMs) {
  const orders = Array.from({ length: count }, () => ({}))
  const ids = (await issue(store, ...orders)).map(({ license }) => license.id)
  await store.licenses.changeMany({ ids }, count, contextAt(nowMs), (state) =>
    decideRevocation(state, null, nowMs),
  )
  return ids
}

async function open({ deps }: TestDeps, { signed }: { readonly signed: string }) {
  const [active] = deps.signer.listPublicKeys()
  return (await openToken(signed, active?.x ?? '')).claims
}

const idsOf = ({ revoked }: Readonly<Record<string, unknown>>) =>
  (revoked as [string, number][]).map(([id]) => id)

test('feed: a long feed is read in parts, each from where the one before it ended', async () => {
  await using opened = await openTestDeps()
  const read = createFeed(opened.deps, 3)
  const ids = await revokeMany(opened, 3)
  expect(await read(0, startMs)).toMatchObject({ from: 0, to: startMs + 2, more: false })
  const [last = ''] = await revokeMany(opened, 1)
  const first = await read(0, startMs)
  expect(first).toMatchObject({ from: 0, to: startMs + 2, more: true })
  expect(idsOf(await open(opened, first))).toEqual(ids)
  const second = await read(first.to, startMs)
  expect(second).toMatchObject({ from: first.to, to: first.to + 1, more: false })
  expect(idsOf(await open(opened, second))).toEqual([last])
})

test('feed: a part is signed again after a change, or after a day, and otherwise kept', async () => {
  await using opened = await openTestDeps()
  const read = createFeed(opened.deps)
  const empty = await read(0, startMs)
  expect(await read(0, startMs + DAY_MS - 1)).toBe(empty)
  const later = await read(0, startMs + DAY_MS)
  expect(later).not.toBe(empty)
  expect(await open(opened, later)).toMatchObject({ iat: (startMs + DAY_MS) / 1000 })
  // The clock was set back, so the age of the part is unknown.
  expect(await read(0, startMs)).not.toBe(later)
  const former = await read(0, startMs)
  await revokeMany(opened, 1)
  expect(await read(0, startMs)).not.toBe(former)
})

test('feed: the largest token is far smaller than what a verifier accepts', async () => {
  await using opened = await openTestDeps()
  const id = opened.deps.createId('key')
  const entries = Array.from({ length: ENTRIES_MAX }, () => ({ id, beforeMs: startMs }))
  const part = { from: startMs, to: startMs, more: true, entries, revokedKeys: [] }
  const claims = buildRevocationClaims(part, startMs)
  const token = opened.deps.signer.sign('licet-revocations+jwt', claims, startMs)
  expect(token.length).toBeLessThan(512 * 1024)
})

test('feed: every token of it is valid for seven days', async () => {
  await using opened = await openTestDeps()
  const { iat, exp } = await open(opened, await createFeed(opened.deps)(0, startMs))
  expect(exp).toBe(Number(iat) + (7 * DAY_MS) / 1000)
})

test('feed: a number beyond the feed gets an empty part that ends where the feed does', async () => {
  await using opened = await openTestDeps()
  const read = createFeed(opened.deps)
  await revokeMany(opened, 1)
  for (const after of [startMs, startMs + 1, Number.MAX_SAFE_INTEGER]) {
    const part = await read(after, startMs)
    expect(part).toMatchObject({ from: startMs, to: startMs, more: false })
    expect(idsOf(await open(opened, part))).toEqual([])
  }
})

test('feed: a command that waited for its turn voids the tokens that were issued meanwhile', async () => {
  await using opened = await openTestDeps()
  opened.clock.advanceMs(DAY_MS)
  const [id = ''] = await revokeMany(opened, 1)
  const feed = await open(opened, await createFeed(opened.deps)(0, startMs + DAY_MS))
  expect(feed.revoked).toEqual([[id, (startMs + DAY_MS) / 1000 + 6]])
})
