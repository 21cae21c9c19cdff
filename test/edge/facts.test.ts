import { describe, expect, test } from 'bun:test'
import { parseHostname } from '~/domain/hostnames.ts'
import { createFacts, type FactsRequest } from '~/edge/facts.ts'
import type { ChangeSet } from '~/store/changes-port.ts'
import type { EdgeFacts } from '~/wire/edge-facts.ts'
import { aDomain, aLicense, aPlan, startMs } from '../support/samples.ts'

const first = '00000000000000aa'
const second = '00000000000000bb'
const keyHash = 'hash of a key'
const license = { ...aLicense(), keyHash }
const domain = aDomain({ license, plan: aPlan() }, 'example.com')
const query = { intent: 'validate', hostname: parseHostname('example.com') } as const
const request: FactsRequest = { keyHash, key: 'a key', domain: 'example.com', query }

const nothing = { licenseIds: [], activations: [], touchesPlans: false, isAll: false }

function openFacts(nowMs: () => number = () => startMs) {
  const reads: FactsRequest[] = []
  const answers: PromiseWithResolvers<EdgeFacts | null>[] = []
  const facts = createFacts({
    licensesMax: 10,
    ttlMs: 300_000,
    nowMs,
    onError: () => undefined,
    read: (asked) => {
      reads.push(asked)
      const answer = Promise.withResolvers<EdgeFacts | null>()
      answers.push(answer)
      return answer.promise
    },
  })
  /** Lets the last read that is under way end with facts of this position. */
  async function arrive(position: string | null, found: Partial<EdgeFacts> = {}): Promise<void> {
    const all = { license, plan: aPlan(), domain, device: null }
    const answer = answers.pop()
    answer?.resolve(position === null ? null : { ...all, position, ...found })
    await answer?.promise
    await Promise.resolve()
  }
  const apply = (position: string, changes: Partial<ChangeSet> = {}) =>
    facts.apply({ ...nothing, position, ...changes })
  return { facts, reads, arrive, apply }
}

/** Reads facts at a position, and applies changes before they arrive. */
async function isKept(position: string, ...sets: [string, Partial<ChangeSet>][]): Promise<boolean> {
  const { facts, arrive, apply } = openFacts()
  facts.clear(`${first}.10`)
  facts.learn(request)
  for (const [at, changes] of sets) apply(at, changes)
  await arrive(position)
  return facts.find(keyHash) !== undefined
}

const ofLicense = { licenseIds: [license.id] }
const ofOther = { licenseIds: ['lic_other'] }
const ofActivation = {
  activations: [{ licenseId: license.id, kind: 'domain' as const, value: 'example.org' }],
}

describe('edge facts', () => {
  test('edge facts: a license and its places are found once they were read', async () => {
    const { facts, arrive } = openFacts()
    facts.clear(`${first}.10`)
    expect(facts.find(keyHash)).toBeUndefined()
    facts.learn(request)
    await arrive(`${first}.10`)
    const entry = facts.find(keyHash)
    expect(entry?.license.id).toBe(license.id)
    expect(entry && facts.findState(entry, query)?.domain).toEqual(domain)
    expect(facts.count()).toBe(1)
  })

  test('edge facts: nothing is kept before the first position', async () => {
    const { facts, arrive } = openFacts()
    facts.learn(request)
    await arrive(`${first}.10`)
    expect(facts.find(keyHash)).toBeUndefined()
  })

  const kept: [string, boolean, string, ...[string, Partial<ChangeSet>][]][] = [
    ['read at the start', true, `${first}.10`],
    ['read before the start', false, `${first}.9`],
    ['ahead of the feed', true, `${first}.15`],
    ['of another run of the primary', false, `${second}.15`],
    [
      'of a license that changed after they were read',
      false,
      `${first}.10`,
      [`${first}.11`, ofLicense],
    ],
    [
      'of a license that changed before they were read',
      true,
      `${first}.11`,
      [`${first}.11`, ofLicense],
    ],
    [
      'while many others change',
      true,
      `${first}.10`,
      [`${first}.11`, ofOther],
      [`${first}.12`, ofOther],
    ],
    [
      'of a license one of whose places changed',
      false,
      `${first}.10`,
      [`${first}.11`, ofActivation],
    ],
    ['read before a plan changed', false, `${first}.10`, [`${first}.11`, { touchesPlans: true }]],
    ['asked for before everything changed', false, `${first}.11`, [`${first}.11`, { isAll: true }]],
    ['asked for before the primary restarted', false, `${second}.11`, [`${second}.11`, {}]],
  ]
  test.each(kept)(
    'edge facts: those %s are kept: %p',
    async (_which, expected, position, ...sets) => {
      expect(await isKept(position, ...sets)).toBe(expected)
    },
  )

  test('edge facts: those that arrive after everything was forgotten are not kept', async () => {
    const { facts, arrive } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    facts.clear(null)
    facts.clear(`${first}.5`)
    await arrive(`${first}.10`)
    expect(facts.find(keyHash)).toBeUndefined()
  })

  test('edge facts: a change drops the license, and no other', async () => {
    const { facts, arrive, apply } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.10`)
    apply(`${first}.11`, ofOther)
    expect(facts.find(keyHash)).toBeDefined()
    apply(`${first}.12`, ofLicense)
    expect(facts.find(keyHash)).toBeUndefined()
  })

  test('edge facts: facts that are ahead of the feed are dropped when a backup was restored', async () => {
    const { facts, arrive, apply } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.60`)
    apply(`${second}.41`)
    expect(facts.find(keyHash)).toBeUndefined()
  })

  test('edge facts: reading the same plan again keeps the places of other licenses', async () => {
    const { facts, arrive } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.10`)
    const other = { ...aLicense(), keyHash: 'another hash' }
    facts.learn({ ...request, keyHash: 'another hash' })
    await arrive(`${first}.11`, { license: other, domain: { ...domain, licenseId: other.id } })
    const entry = facts.find(keyHash)
    expect(entry && facts.findState(entry, query)?.domain).toEqual(domain)
  })

  test('edge facts: one read at a time is under way for each key and place', async () => {
    const { facts, reads, arrive } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    facts.learn(request)
    facts.learn({ ...request, query: { ...query, hostname: parseHostname('example.org') } })
    expect(reads).toHaveLength(2)
    await arrive(`${first}.10`)
  })

  test('edge facts: a key whose facts must not be kept is not read about again for a minute', async () => {
    const { facts, reads, arrive } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(null)
    facts.learn(request)
    expect(reads).toHaveLength(1)
  })

  test('edge facts: old ones are still found, and are replaced when they are read again', async () => {
    let nowMs = startMs
    const { facts, arrive } = openFacts(() => nowMs)
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.10`)
    nowMs += 300_000
    const old = facts.find(keyHash)
    expect(old && facts.areOld(old)).toBe(true)
    facts.learn(request)
    await arrive(`${first}.11`, { license: { ...license, devicesUsed: 1 } })
    expect(facts.find(keyHash)?.license.devicesUsed).toBe(1)
  })

  test('edge facts: changes that a license was read after do not drop it, later ones do', async () => {
    const { facts, arrive, apply } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.12`)
    apply(`${first}.12`, { ...ofLicense, ...ofActivation })
    expect(facts.find(keyHash)).toBeDefined()
    apply(`${first}.13`, ofLicense)
    expect(facts.find(keyHash)).toBeUndefined()
  })

  const otherQuery = { ...query, hostname: parseHostname('example.org') }
  const otherRequest = { ...request, domain: 'example.org', query: otherQuery }
  const otherDomain = aDomain({ license, plan: aPlan() }, 'example.org')
  const findOther = ({ facts }: ReturnType<typeof openFacts>) => {
    const entry = facts.find(keyHash)
    return entry && facts.findState(entry, otherQuery)?.domain
  }

  test('edge facts: a place from before a change is dropped by it, although its license was read after it', async () => {
    const opened = openFacts()
    const { facts, arrive, apply } = opened
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.10`)
    facts.learn(otherRequest)
    await arrive(`${first}.11`, { domain: otherDomain })
    expect(findOther(opened)).toEqual(otherDomain)
    apply(`${first}.15`, ofLicense)
    facts.learn(request)
    await arrive(`${first}.25`)
    apply(`${first}.25`, ofActivation)
    expect(findOther(opened)).toBeUndefined()
    const entry = facts.find(keyHash)
    expect(entry && facts.findState(entry, query)?.domain).toEqual(domain)
  })

  test('edge facts: a place that was read before a change, but arrives after its license, is dropped by the change', async () => {
    const opened = openFacts()
    const { facts, arrive, apply } = opened
    facts.clear(`${first}.10`)
    facts.learn(otherRequest)
    facts.learn(request)
    await arrive(`${first}.25`)
    await arrive(`${first}.12`, { domain: otherDomain })
    apply(`${first}.25`, ofActivation)
    expect(findOther(opened)).toBeUndefined()
  })

  test('edge facts: a license that is read by its new key is no longer found by the former one', async () => {
    const { facts, arrive, apply } = openFacts()
    facts.clear(`${first}.10`)
    facts.learn(request)
    await arrive(`${first}.10`)
    facts.learn({ ...request, keyHash: 'hash of the new key' })
    await arrive(`${first}.12`, { license: { ...license, keyHash: 'hash of the new key' } })
    apply(`${first}.12`, ofLicense)
    expect(facts.find(keyHash)).toBeUndefined()
    expect(facts.find('hash of the new key')).toBeDefined()
  })
})
