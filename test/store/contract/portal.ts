import { describe, expect, test } from 'bun:test'
import { PORTAL_SESSIONS_MAX, type PortalSession, type Visitor } from '~/domain/portal-sessions.ts'
import { createId, startMs } from '../../support/samples.ts'
import { changeOne, contextAt, decision, issueOne, type OpenStore, readAllPages } from './stores.ts'

const aVisitor: Visitor = { kind: 'email', customerEmail: 'ann@example.com' }
const aCode = {
  customerEmail: 'ann@example.com',
  codeHash: 'right',
  attempts: 0,
  createdAtMs: startMs,
}

const aSession = (visitor: Visitor = aVisitor, createdAtMs = startMs): PortalSession => ({
  id: createId('psn'),
  visitor,
  createdAtMs,
  address: '192.0.2.0',
  userAgent: 'a browser',
})

export function portalContract(openStore: OpenStore): void {
  describe('portal', () => {
    test('portal: a session is found by the hash of its token, also by another process, until it ends', async () => {
      await using opened = await openStore()
      const { portalSessions } = opened.store
      const { license } = await issueOne(opened.store)
      const byMail = aSession()
      const byKey = aSession({ kind: 'license', licenseId: license.id })
      expect(await portalSessions.create(byMail, 'hash', contextAt())).toEqual(byMail)
      await portalSessions.create(byKey, 'other hash', contextAt())
      expect(await portalSessions.find('hash')).toEqual(byMail)
      expect(await opened.openAnother().portalSessions.find('other hash')).toEqual(byKey)
      expect(await portalSessions.find(byMail.id)).toBeNull()
      await portalSessions.end(byMail.id, contextAt())
      await portalSessions.end(byMail.id, contextAt())
      expect(await portalSessions.find('hash')).toBeNull()
      const { data } = await opened.store.audit.list(
        { action: 'portal_session.*' },
        { limit: 9, after: null },
      )
      expect(data.map(({ action }) => action)).toEqual([
        'portal_session.end',
        'portal_session.create',
        'portal_session.create',
      ])
    })

    test('portal: the sessions of a customer are listed in pages, also those by key', async () => {
      await using opened = await openStore()
      const { portalSessions } = opened.store
      const { license } = await issueOne(opened.store)
      const customerEmail = license.customerEmail ?? ''
      const own = [
        aSession({ kind: 'email', customerEmail }),
        aSession({ kind: 'license', licenseId: license.id }),
        aSession({ kind: 'email', customerEmail }),
      ]
      const all = [aSession({ kind: 'email', customerEmail: `other-${customerEmail}` }), ...own]
      for (const session of all) await portalSessions.create(session, session.id, contextAt())
      for (const limit of [1, 2, 10]) {
        const listed = await readAllPages((page) => portalSessions.list(customerEmail, page), limit)
        expect(listed).toEqual(own)
      }
    })

    test('portal: only the newest sessions of a customer remain', async () => {
      await using opened = await openStore()
      const { portalSessions } = opened.store
      const other = aSession({ kind: 'email', customerEmail: 'bob@example.com' }, startMs - 1)
      await portalSessions.create(other, 'other', contextAt())
      for (let number = 0; number <= PORTAL_SESSIONS_MAX; number += 1) {
        await portalSessions.create(aSession(aVisitor, startMs + number), `${number}`, contextAt())
      }
      expect(await portalSessions.find('0')).toBeNull()
      expect(await portalSessions.find('1')).not.toBeNull()
      expect(await portalSessions.find('other')).toEqual(other)
    })

    test('portal: a new key ends the sessions of its license', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const session = aSession({ kind: 'license', licenseId: license.id })
      await store.portalSessions.create(session, 'hash', contextAt())
      await store.portalSessions.create(aSession(), 'other', contextAt())
      const { keyHash: _former, ...key } = license
      const rekey = {
        type: 'license.rekey',
        licenseId: license.id,
        key: { ...key, keyHash: 'a new hash' },
        formerValidUntilMs: startMs + 1000,
      } as const
      await changeOne(store, license.id, () => decision(null, [rekey]))
      expect(await store.portalSessions.find('hash')).toBeNull()
      expect(await store.portalSessions.find('other')).not.toBeNull()
    })

    test('portal: a code is used up by the session that begins', async () => {
      await using opened = await openStore()
      const { portalCodes, portalSessions } = opened.store
      await portalCodes.create(aCode, 'browser')
      const session = aSession()
      const redeem = () =>
        portalCodes.redeem({ browserHash: 'browser', tokenHash: 'hash' }, contextAt(), (code) => {
          expect(code).toEqual(aCode)
          return session
        })
      expect(await redeem()).toEqual(session)
      expect(await redeem()).toBeNull()
      expect(await portalSessions.find('hash')).toEqual(session)
    })

    test('portal: each wrong attempt at a code is counted, also across processes', async () => {
      await using opened = await openStore()
      await opened.store.portalCodes.create(aCode, 'browser')
      const seen: number[] = []
      for (const store of [opened.store, opened.openAnother(), opened.store]) {
        const hashes = { browserHash: 'browser', tokenHash: 'hash' }
        const redeemed = await store.portalCodes.redeem(hashes, contextAt(), (code) => {
          seen.push(code.attempts)
          return null
        })
        expect(redeemed).toBeNull()
      }
      expect(seen).toEqual([0, 1, 2])
      const unknown = { browserHash: 'unknown', tokenHash: 'hash' }
      expect(
        await opened.store.portalCodes.redeem(unknown, contextAt(), () => aSession()),
      ).toBeNull()
      expect(await opened.store.portalSessions.find('hash')).toBeNull()
    })
  })
}
