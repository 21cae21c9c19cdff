import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { Commit, Store } from '~/store/port.ts'
import { aDomain, anApiKey, aPlan, buildCreation, startMs } from '../../support/samples.ts'
import {
  apply,
  contextAt,
  createCatalog,
  decision,
  firstPage,
  issue,
  issueOne,
  type OpenStore,
  touch,
} from './stores.ts'

export function commitsContract(openStore: OpenStore): void {
  const listen = (store: Store): Commit[] => {
    const commits: Commit[] = []
    store.subscribe((commit) => commits.push(commit))
    return commits
  }

  describe('concurrent commands', () => {
    test('concurrent commands: a failure affects only its own command', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const commands = Array.from({ length: 60 }, (_, index) =>
        index % 3 === 0
          ? store.licenses.change(license.id, { intent: 'none' }, contextAt(), () => {
              throw index % 2 === 0 ? new Fault('perpetual', 'No.') : new Error('our own')
            })
          : touch(store, license.id),
      )
      const outcomes = await Promise.allSettled(commands)
      const rejected = outcomes.flatMap(({ status }, index) =>
        status === 'rejected' ? [index] : [],
      )
      expect(rejected).toEqual(Array.from({ length: 20 }, (_, index) => index * 3))
      expect((await store.licenses.find(license.id))?.license.version).toBe(41)
      const { data } = await store.events.list({ types: ['license.updated'] }, firstPage)
      expect(data).toHaveLength(40)
    })

    test('concurrent commands: a constraint violation undoes only its own writes', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license, plan } = await issueOne(store)
      const twice = aDomain({ license, plan }, 'a.io')
      const outcomes = await Promise.allSettled([
        touch(store, license.id),
        apply(store, license.id, [buildCreation(twice), buildCreation(twice)]),
        issue(store, {}, { key: license }),
        touch(store, license.id),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
      ])
      expect(await store.licenses.find(license.id)).toMatchObject({
        license: { version: 3, domainsUsed: 0 },
      })
      expect((await store.licenses.list({}, firstPage)).data).toHaveLength(1)
    })

    test('concurrent commands: a limit is never exceeded', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store, { maxDomains: 3 })
      const hosts = Array.from({ length: 100 }, (_, index) => `host-${index}.io`)
      const outcomes = await Promise.allSettled(
        hosts.map((host) =>
          store.licenses.change(license.id, { intent: 'none' }, contextAt(), (subject) => {
            if (subject.license.domainsUsed >= 3) throw new Fault('in_use', 'Full.')
            return decision(null, [buildCreation(aDomain(subject, host))])
          }),
        ),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      expect((await store.licenses.find(license.id))?.domains).toEqual(hosts.slice(0, 3))
    })
  })

  describe('commits', () => {
    test('commits: a change and its events are there after the store is reopened', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const records = await issue(store, { domains: ['a.io'] }, {})
      const [first] = records
      await touch(store, first?.license.id ?? '')
      const { data: licenses } = await store.licenses.list({}, firstPage)
      const { data: events } = await store.events.list({}, firstPage)
      const again = await opened.reopen()
      expect((await again.licenses.list({}, firstPage)).data).toEqual(licenses)
      expect((await again.events.list({}, firstPage)).data).toEqual(events)
      expect(events).toHaveLength(4)
    })

    test('commits: another store in the same directory reads them at once', async () => {
      await using opened = await openStore()
      const { license } = await issueOne(opened.store)
      const other = opened.openAnother()
      await touch(opened.store, license.id)
      expect((await other.licenses.find(license.id))?.license.version).toBe(2)
      await Promise.all([touch(other, license.id), touch(opened.store, license.id)])
      expect((await other.licenses.find(license.id))?.license.version).toBe(4)
      expect((await opened.store.licenses.find(license.id))?.license.version).toBe(4)
    })

    test('commits: listeners are called before the command resolves', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const commits = listen(store)
      const [record] = await issue(store, { domains: ['a.io'] })
      const licenseId = record?.license.id ?? ''
      expect(commits).toMatchObject([
        {
          licenseIds: [licenseId],
          activations: [{ licenseId, value: 'a.io' }],
          touchesPlans: false,
          touchesApiKeys: false,
          isExternal: false,
        },
      ])
      await store.plans.create(aPlan({ slug: 'new' }), contextAt())
      await store.apiKeys.create(anApiKey(), 'hash', contextAt())
      expect(commits.slice(1)).toMatchObject([
        { licenseIds: [], touchesPlans: true, touchesApiKeys: false },
        { licenseIds: [], touchesPlans: false, touchesApiKeys: true },
      ])
    })

    test('commits: an error in a listener affects neither the command nor other listeners', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      store.subscribe(() => {
        throw new Error('a listener that fails in a test')
      })
      const commits = listen(store)
      expect((await touch(store, license.id))?.license.version).toBe(2)
      expect(commits).toHaveLength(1)
    })

    test('commits: a commit by a command beside the server is reported with what it changed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await store.validations.findLicense(license.keyHash, startMs)
      const heard = new Promise<Commit>((resolve) => store.subscribe(resolve))
      await touch(opened.openAnother(), license.id)
      expect(await heard).toMatchObject({
        licenseIds: [license.id],
        touchesPlans: false,
        isExternal: false,
      })
      const snapshot = await store.validations.findLicense(license.keyHash, startMs)
      expect(snapshot?.license.termStartedAtMs).toBe(2)
    })
  })

  test('ping: resolves while the store works', async () => {
    await using opened = await openStore()
    expect(await opened.store.ping()).toBeUndefined()
  })
}
