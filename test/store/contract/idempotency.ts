import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { CommandContext } from '~/store/port.ts'
import { takeOneStep } from '~/turns.ts'
import { startMs } from '../../support/samples.ts'
import { contextAt, decision, issueOne, type OpenStore } from './stores.ts'

const expiresAtMs = startMs + 1000

function storing<Result>(render: (result: Result) => string): CommandContext<Result> {
  const idempotency = {
    keyHash: 'key',
    bodyHash: 'body',
    expiresAtMs,
    render: (result: Result) => takeOneStep(() => render(result)),
  }
  return { ...contextAt(), idempotency }
}

export function idempotencyContract(openStore: OpenStore): void {
  describe('stored responses', () => {
    test('stored responses: rendered from the written result, and stored until they expire', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const context = storing((changed: { license: { version: number } }) =>
        JSON.stringify({ version: changed.license.version }),
      )
      await store.licenses.change(license.id, { intent: 'none' }, context, () =>
        decision(null, [{ type: 'license.update', licenseId: license.id, set: { version: 7 } }]),
      )
      const response = { bodyHash: 'body', sealedResponse: '{"version":7}' }
      expect(await store.storedResponses.find('key', expiresAtMs - 1)).toEqual(response)
      expect(await store.storedResponses.find('key', expiresAtMs)).toBeNull()
      expect(await store.storedResponses.find('other key', startMs)).toBeNull()
      expect(await (await opened.reopen()).storedResponses.find('key', startMs)).toEqual(response)
    })

    test('stored responses: none if the command fails, finds nothing, or cannot be rendered', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const refused = store.licenses.change(license.id, { intent: 'none' }, storing(String), () => {
        throw new Fault('invalid_transition', 'No.')
      })
      await expect(refused).rejects.toThrow()
      await store.licenses.change('lic_none', { intent: 'none' }, storing(String), () =>
        decision(null),
      )
      const unrendered = store.licenses.change(
        license.id,
        { intent: 'none' },
        storing(() => {
          throw new Error('cannot be rendered')
        }),
        () =>
          decision(null, [{ type: 'license.update', licenseId: license.id, set: { version: 7 } }]),
      )
      await expect(unrendered).rejects.toThrow('cannot be rendered')
      expect(await store.storedResponses.find('key', startMs)).toBeNull()
      expect((await store.licenses.find(license.id))?.license.version).toBe(1)
    })

    test('stored responses: replaced after they expire', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      for (const response of ['first', 'second']) {
        await store.licenses.change(
          license.id,
          { intent: 'none' },
          storing(() => response),
          () => decision(null),
        )
      }
      expect((await store.storedResponses.find('key', startMs))?.sealedResponse).toBe('second')
    })
  })
}
