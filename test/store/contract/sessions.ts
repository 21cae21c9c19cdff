import { describe, expect, test } from 'bun:test'
import { buildOperator, type Operator } from '~/domain/operators.ts'
import { buildSession, type Holder, type Session } from '~/domain/sessions.ts'
import type { Store } from '~/store/port.ts'
import { anApiKey, createId, startMs } from '../../support/samples.ts'
import { contextAt, firstPage, type OpenStore, readAllPages } from './stores.ts'

const place = { address: '192.0.2.0', userAgent: null }

const anOperator = (name = 'Ada') =>
  buildOperator({ id: createId('op'), name, createdAtMs: startMs })

const aSession = (holder: Holder, nowMs = startMs) =>
  buildSession(createId('ses'), holder, place, nowMs)

async function createOperator(store: Store, name?: string): Promise<Operator> {
  return store.operators.create(anOperator(name), contextAt())
}

async function createSession(store: Store, operator: Operator, hash: string): Promise<Session> {
  return store.sessions.create(aSession({ kind: 'operator', operator }), hash, contextAt())
}

export function sessionsContract(openStore: OpenStore): void {
  describe('operators', () => {
    test('operators: listed newest first, and found by ID and by name only', async () => {
      await using opened = await openStore()
      const { operators } = opened.store
      const created = [
        await createOperator(opened.store, 'Ada'),
        await createOperator(opened.store, 'Bo'),
      ]
      expect(await readAllPages((page) => operators.list(page), 1)).toEqual(created.toReversed())
      expect(await operators.findByName('Ada')).toEqual(created[0] ?? null)
      expect(await operators.find(created[1]?.id ?? '')).toEqual(created[1] ?? null)
      expect(await operators.findByName('ada')).toBeNull()
      expect(createOperator(opened.store, 'Ada')).rejects.toMatchObject({ kind: 'already_exists' })
    })

    test('operators: a change of another process ends the sessions of a disabled one', async () => {
      await using opened = await openStore()
      const operator = await createOperator(opened.store)
      const other = await createOperator(opened.store, 'Bo')
      await createSession(opened.store, operator, 'hash')
      const kept = await createSession(opened.store, other, 'other hash')
      const disabled = { ...operator, disabledAtMs: startMs }
      const another = opened.openAnother()
      await another.operators.change(operator.id, contextAt(), () => disabled)
      expect(await opened.store.sessions.find('hash')).toBeNull()
      expect(await opened.store.sessions.find('other hash')).toEqual(kept)
      expect(await opened.store.operators.find(operator.id)).toEqual(disabled)
    })
  })

  describe('sessions', () => {
    test('sessions: found by the hash of the token, with the holder as it is now', async () => {
      await using opened = await openStore()
      const { store } = opened
      const operator = await createOperator(store)
      const session = await createSession(store, operator, 'hash')
      expect(await store.sessions.find('hash')).toEqual(session)
      expect(await store.sessions.find(session.id)).toBeNull()
      const renamed = { ...operator, name: 'Ada L.' }
      await store.operators.change(operator.id, contextAt(), () => renamed)
      const holder = { kind: 'operator', operator: renamed }
      expect(await store.sessions.find('hash')).toMatchObject({ holder })
    })

    test('sessions: they end with their API key', async () => {
      await using opened = await openStore()
      const { store } = opened
      const apiKey = anApiKey()
      await store.apiKeys.create(apiKey, 'token hash', contextAt())
      const session = aSession({ kind: 'key', apiKey })
      await store.sessions.create(session, 'hash', contextAt())
      expect(await store.sessions.find('hash')).toEqual(session)
      await store.apiKeys.change(apiKey.id, contextAt(), () => null)
      expect(await store.sessions.find('hash')).toBeNull()
      expect((await store.sessions.list(firstPage)).data).toEqual([])
    })

    test('sessions: the time of use is known at once, and kept', async () => {
      await using opened = await openStore()
      const { store } = opened
      const session = await createSession(store, await createOperator(store), 'hash')
      store.sessions.recordUse(session.id, startMs + 60_000)
      const used = { ...session, lastSeenAtMs: startMs + 60_000 }
      expect(await store.sessions.find('hash')).toEqual(used)
      const reopened = await opened.reopen()
      expect(await reopened.sessions.find('hash')).toEqual(used)
    })

    test('sessions: a check that throws keeps the session', async () => {
      await using opened = await openStore()
      const { store } = opened
      const session = await createSession(store, await createOperator(store), 'hash')
      const refuse = () => {
        throw new Error('refused')
      }
      expect(store.sessions.end(session.id, contextAt(), refuse)).rejects.toThrow('refused')
      expect(await store.sessions.find('hash')).toEqual(session)
      expect(await store.sessions.endAll(contextAt(), () => false)).toBe(0)
      expect(await store.sessions.end('ses_none', contextAt(), () => undefined)).toBeNull()
      expect(await store.sessions.end(session.id, contextAt(), () => undefined)).toEqual(session)
      expect(await store.sessions.find('hash')).toBeNull()
    })
  })

  test('setup links: one that is redeemed is gone, with its session and operator written', async () => {
    await using opened = await openStore()
    const { setupLinks, sessions, operators } = opened.store
    const link = { operatorId: null, createdAtMs: startMs }
    await setupLinks.create(link, 'link hash', contextAt())
    const operator = anOperator()
    const session = aSession({ kind: 'operator', operator })
    const redeem = () =>
      setupLinks.redeem(
        { hash: 'link hash', name: 'Ada', tokenHash: 'hash' },
        contextAt(),
        (state) => {
          expect(state).toEqual({ link, operator: null })
          return session
        },
      )
    expect(await redeem()).toEqual(session)
    expect(await redeem()).toBeNull()
    expect(await sessions.find('hash')).toEqual(session)
    expect(await operators.findByName('Ada')).toEqual(operator)
  })
}
