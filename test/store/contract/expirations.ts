import { describe, expect, test } from 'bun:test'
import { decideExpiredNotice } from '~/domain/expiry.ts'
import { startMs } from '../../support/samples.ts'
import { contextAt, createCatalog, firstPage, issue, type OpenStore } from './stores.ts'

const DUE = 12
const BATCH = 4

export function expirationsContract(openStore: OpenStore): void {
  describe('expirations', () => {
    test('expirations: of two rounds at once, neither reports that nothing is due while something is, and each license expires once', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      await issue(store, ...Array.from({ length: DUE }, () => ({ expiresAtMs: startMs })))
      const notify = () =>
        store.licenses.notifyExpirations('expired', BATCH, contextAt(), (snapshot) =>
          decideExpiredNotice(snapshot, startMs),
        )
      expect(await Promise.all([notify(), notify()])).toEqual([BATCH, BATCH])
      while ((await notify()) > 0);
      const { data } = await store.events.list({ types: ['license.expired'] }, firstPage)
      expect(data).toHaveLength(DUE)
    })
  })
}
