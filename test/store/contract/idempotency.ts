import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { CommandContext } from '~/store/port.ts'
import { startMs } from '../../support/samples.ts'
import { contextAt, decision, issueOne, type OpenStore } from './stores.ts'

const expiresAtMs = startMs + 1000

function keeping<Result>(render: (result: Result) => string): CommandContext<Result> {
  const idempotency = { keyHash: 'key', bodyHash: 'body', expiresAtMs, render }
  return { ...contextAt(), idempotency }
}

export function idempotencyContract(openStore: OpenStore): void {
  describe('the kept answer of an idempotent command', () => {
    test('is rendered from what was written, and kept with it until it expires', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const context = keeping((changed: { license: { version: number } }) =>
        JSON.stringify({ version: changed.license.version }),
      )
      await store.changeLicense(license.id, {}, context, () =>
        decision(null, [{ type: 'license.update', licenseId: license.id, set: { version: 7 } }]),
      )
      const kept = { bodyHash: 'body', sealedAnswer: '{"version":7}' }
      expect(await store.findKeptAnswer('key', expiresAtMs - 1)).toEqual(kept)
      expect(await store.findKeptAnswer('key', expiresAtMs)).toBeNull()
      expect(await store.findKeptAnswer('other key', startMs)).toBeNull()
      expect(await (await opened.reopen()).findKeptAnswer('key', startMs)).toEqual(kept)
    })

    test('is not there when the command fails, finds nothing, or cannot be rendered', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const refused = store.changeLicense(license.id, {}, keeping(String), () => {
        throw new Fault('invalid_transition', 'No.')
      })
      await expect(refused).rejects.toThrow()
      await store.changeLicense('lic_none', {}, keeping(String), () => decision(null))
      const unrendered = store.changeLicense(
        license.id,
        {},
        keeping(() => {
          throw new Error('cannot be rendered')
        }),
        () =>
          decision(null, [{ type: 'license.update', licenseId: license.id, set: { version: 7 } }]),
      )
      await expect(unrendered).rejects.toThrow('cannot be rendered')
      expect(await store.findKeptAnswer('key', startMs)).toBeNull()
      expect((await store.findLicense(license.id))?.license.version).toBe(1)
    })

    test('gives way to a later one once it has expired', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      for (const answer of ['first', 'second']) {
        await store.changeLicense(
          license.id,
          {},
          keeping(() => answer),
          () => decision(null),
        )
      }
      expect((await store.findKeptAnswer('key', startMs))?.sealedAnswer).toBe('second')
    })
  })
}
