import { describe, expect, test } from 'bun:test'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Commit, Store } from '~/store/port.ts'
import { anApiKey, startMs } from '../../support/samples.ts'
import { contextAt, firstPage, type OpenStore, readAllPages } from './stores.ts'

export function accessContract(openStore: OpenStore): void {
  describe('API keys', () => {
    test('API keys: found by the hash of the token only', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey({ scopes: ['plans:read', '*'], expiresAtMs: startMs + 1 })
      await store.apiKeys.create(apiKey, 'token hash', contextAt())
      expect(await store.apiKeys.find('token hash')).toEqual(apiKey)
      expect(await store.apiKeys.find(apiKey.id)).toBeNull()
      expect(await store.apiKeys.find('')).toBeNull()
    })

    test('API keys: an expired key is still found, so that the response can say so', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey({ expiresAtMs: startMs - 1 })
      await store.apiKeys.create(apiKey, 'token hash', contextAt())
      expect(await store.apiKeys.find('token hash')).toEqual(apiKey)
    })

    test('API keys: a revoked key is gone at once, even if it was just read', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey()
      await store.apiKeys.create(apiKey, 'token hash', contextAt())
      await store.apiKeys.find('token hash')
      await revoke(store, apiKey)
      expect(await store.apiKeys.find('token hash')).toBeNull()
      expect((await store.apiKeys.list(firstPage)).data).toEqual([])
      expect(await revoke(store, apiKey)).toBeNull()
    })

    test('API keys: listed newest first, without tokens', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKeys = [anApiKey(), anApiKey(), anApiKey()]
      for (const apiKey of apiKeys) {
        await store.apiKeys.create(apiKey, `hash of ${apiKey.id}`, contextAt())
      }
      const listed = await readAllPages((page) => store.apiKeys.list(page), 2)
      expect(listed).toEqual(apiKeys.toReversed())
    })
  })

  test('API keys: a changed key is stored, and returning the current key writes nothing', async () => {
    await using opened = await openStore()
    const { store } = opened
    const apiKey = anApiKey()
    await store.apiKeys.create(apiKey, 'hash', contextAt())
    const renamed = { ...apiKey, name: 'renamed' }
    expect(await store.apiKeys.change(apiKey.id, contextAt(), () => renamed)).toEqual(renamed)
    expect(await store.apiKeys.find('hash')).toEqual(renamed)
    const commits: Commit[] = []
    store.subscribe((commit) => commits.push(commit))
    expect(await store.apiKeys.change(apiKey.id, contextAt(), (current) => current)).toEqual(
      renamed,
    )
    expect(commits.filter(({ touchesApiKeys }) => touchesApiKeys)).toEqual([])
  })

  describe('reserved API key', () => {
    const reserve = (store: Store, tokenHash: string | null) => {
      const apiKey = anApiKey({ name: 'reserved', isReserved: true, scopes: ['*'] })
      const reserved = tokenHash === null ? null : { apiKey, tokenHash }
      return store.apiKeys.replaceReserved(reserved, contextAt())
    }

    test('reserved API key: replaced or removed without affecting other keys', async () => {
      await using opened = await openStore()
      const { store } = opened
      const other = anApiKey()
      await store.apiKeys.create(other, 'other hash', contextAt())
      await reserve(store, 'first hash')
      await store.apiKeys.find('first hash')
      await reserve(store, 'second hash')
      expect(await store.apiKeys.find('first hash')).toBeNull()
      expect(await store.apiKeys.find('second hash')).toMatchObject({ isReserved: true })
      await reserve(store, null)
      expect(await store.apiKeys.find('second hash')).toBeNull()
      expect((await store.apiKeys.list(firstPage)).data).toEqual([other])
    })

    test('reserved API key: kept while its token stays the same', async () => {
      await using opened = await openStore()
      const { store } = opened
      await reserve(store, 'hash')
      const first = await store.apiKeys.find('hash')
      await reserve(store, 'hash')
      expect(await store.apiKeys.find('hash')).toEqual(first)
    })

    test('reserved API key: replaces an ordinary key with the same token', async () => {
      await using opened = await openStore()
      const { store } = opened
      await store.apiKeys.create(anApiKey(), 'hash', contextAt())
      await reserve(store, 'hash')
      expect(await store.apiKeys.find('hash')).toMatchObject({ isReserved: true, scopes: ['*'] })
      expect((await store.apiKeys.list(firstPage)).data).toHaveLength(1)
    })
  })

  describe('last use of an API key', () => {
    test('last use of an API key: listed at once, and stored by a flush', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey()
      await store.apiKeys.create(apiKey, 'hash', contextAt())
      store.apiKeys.recordUse(apiKey.id, startMs + 5)
      expect(await lastUseOf(store)).toBe(startMs + 5)
      await store.flush()
      expect(await lastUseOf(store)).toBe(startMs + 5)
      expect(await lastUseOf(await opened.reopen())).toBe(startMs + 5)
    })

    test('last use of an API key: updated at most once a minute', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey()
      await store.apiKeys.create(apiKey, 'hash', contextAt())
      store.apiKeys.recordUse(apiKey.id, startMs)
      store.apiKeys.recordUse(apiKey.id, startMs + 59_999)
      expect(await lastUseOf(store)).toBe(startMs)
      store.apiKeys.recordUse(apiKey.id, startMs + 60_000)
      expect(await lastUseOf(store)).toBe(startMs + 60_000)
    })

    test('last use of an API key: ignored if the key was revoked in the meantime', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey()
      await store.apiKeys.create(apiKey, 'hash', contextAt())
      store.apiKeys.recordUse(apiKey.id, startMs)
      await revoke(store, apiKey)
      await store.flush()
      expect((await store.apiKeys.list(firstPage)).data).toEqual([])
    })
  })
}

function revoke(store: Store, { id }: ApiKey): Promise<ApiKey | null> {
  return store.apiKeys.change(id, contextAt(), () => null)
}

async function lastUseOf(store: Store): Promise<number | null | undefined> {
  return (await store.apiKeys.list(firstPage)).data[0]?.lastUsedAtMs
}
