import { describe, expect, test } from 'bun:test'
import type { SealedRow } from '~/store/secrets-port.ts'
import { aKey } from '../../support/samples.ts'
import {
  contextAt,
  createCatalog,
  firstPage,
  issue,
  issueOne,
  type OpenStore,
  touch,
} from './stores.ts'

const PREFIX = 'secret:prefix'

export function secretsContract(openStore: OpenStore): void {
  describe('secrets', () => {
    test('secrets: a rotation begins once, and its rows are written and deleted together', async () => {
      await using opened = await openStore()
      const { secrets } = opened.store
      const change = { before: null, after: { fingerprint: 'next' }, personal: null }
      const action = { action: 'master_secret.begin_rotation', subjectId: 'rotation', change }
      const audit = { action, context: contextAt() }
      expect(await secrets.begin('secret:rotation', 'first', audit)).toBe(true)
      expect(await secrets.begin('secret:rotation', 'second', audit)).toBe(false)
      const entries = await opened.store.audit.list({ action: 'master_secret.*' }, firstPage)
      expect(entries.data).toMatchObject([
        { actor: { kind: 'key' }, subjectId: 'rotation', after: { fingerprint: 'next' } },
      ])
      await secrets.write({ 'secret:kept': 'kept', 'secret:rotation': null })
      const rows = await secrets.read()
      expect(rows.get('secret:kept')).toBe('kept')
      expect(rows.has('secret:rotation')).toBe(false)
      expect(rows.has('text_form')).toBe(false)
    })

    test('secrets: all rows of a place are listed in pages, each once', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const records = await issue(store, {}, { key: aKey('b') }, { key: aKey('c') })
      const listed: SealedRow[] = []
      for (let after: string | null = null; ; after = listed.at(-1)?.id ?? null) {
        const page = await store.secrets.list('licenses', after, 2)
        listed.push(...page)
        if (page.length < 2) break
      }
      const toRow = ({ license: { id, keyHash: hash, keySealed: sealed } }: (typeof records)[0]) =>
        ({ id, hash, sealed }) satisfies SealedRow
      expect(listed).toEqual(records.map(toRow).sort((a, b) => (a.id < b.id ? -1 : 1)))
    })

    test('secrets: a row is replaced, unless it has changed since it was read', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const [was] = await store.secrets.list('licenses', null, 1)
      if (was === undefined) throw new Error('there is no license')
      const now = { ...was, hash: 'next hash', sealed: 'next' }
      await store.secrets.replace('licenses', [{ was, now }])
      await store.secrets.replace('licenses', [{ was, now: { ...was, sealed: 'too late' } }])
      const changed = await store.licenses.find(license.id)
      expect(changed?.license).toMatchObject({ keyHash: 'next hash', keySealed: 'next' })
      expect(await store.validations.findLicense('next hash', 0)).not.toBeNull()
    })

    test('secrets: after a rotation, what was encrypted with a former secret is refused, and all else is written', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await store.secrets.write({ [PREFIX]: 'next.' })
      await expect(issue(store, { key: aKey('b') })).rejects.toThrow()
      const key = { ...aKey('c'), keySealed: 'next.sealed' }
      expect(await issue(store, { key })).toHaveLength(1)
      expect(await touch(store, license.id)).not.toBeNull()
    })
  })
}
