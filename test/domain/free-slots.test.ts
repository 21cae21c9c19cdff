import { describe, expect, test } from 'bun:test'
import type { License } from '~/domain/licenses.ts'
import { DAY_MS } from '~/domain/times.ts'
import { decideValidation, findRefusal, type ValidationRequest } from '~/domain/validations.ts'
import {
  aDomain,
  aHost,
  aLicenseState,
  createId,
  type LicenseScene,
  startMs,
} from '../support/samples.ts'

const nowMs = startMs + DAY_MS
const activated = { activatedAtMs: startMs }

interface Scene extends LicenseScene {
  readonly request: ValidationRequest
}

const refusalOf = (scene: Scene) => findRefusal(aLicenseState(scene), scene.request, nowMs)
const decide = (scene: Scene) =>
  decideValidation(aLicenseState(scene), scene.request, () => createId('act'), nowMs)
const taken = (scene: Scene) =>
  decide(scene).changes.flatMap((one) => (one.type === 'activation.create' ? [one.activation] : []))

describe('free patterns', () => {
  const scene = (facts: Partial<License>, hasSite: boolean): Scene => ({
    terms: { maxDomains: 1, freeDomainPatterns: ['staging.*'] },
    facts: { ...activated, limitNotices: { domains: nowMs }, ...facts },
    activationState: { slots: hasSite ? [aDomain(aLicenseState(), 'example.com')] : [] },
    request: { hostname: aHost('staging.example.com') },
  })

  test('free patterns: a match is free beside an activated domain', () => {
    expect(taken(scene({ domainsUsed: 1 }, true))).toMatchObject([
      { value: 'staging.example.com', isFree: true },
    ])
  })

  test('free patterns: a match takes a slot if no domain with its root is activated', () => {
    expect(taken(scene({ domainsUsed: 0 }, false))).toMatchObject([{ isFree: false }])
    expect(taken(scene({ domainsUsed: 1 }, false))).toEqual([])
  })

  test('free patterns: a match is refused only when slots and free domains are used up, which the refusal says', () => {
    const state = scene({ domainsUsed: 1, freeDomainsUsed: 3 }, true)
    expect(taken(state)).toEqual([])
    expect(refusalOf(state)).toEqual({
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      message:
        'The only domain of this license is in use. Its free domains are used up as well (3 of 3).',
      details: { limit: 1, used: 1, freeLimit: 3, freeUsed: 3 },
    })
  })

  test('free patterns: a match beside no activated domain is refused because of the slots alone', () => {
    expect(refusalOf(scene({ domainsUsed: 1, freeDomainsUsed: 3 }, false))).toMatchObject({
      message: 'The only domain of this license is in use.',
      details: { limit: 1, used: 1 },
    })
  })

  test('free patterns: a staging host that came first gives up its slot to its site', () => {
    const { changes, events } = decide({
      ...scene({ domainsUsed: 1 }, false),
      activationState: { slots: [aDomain(aLicenseState(), 'staging.example.com')] },
      request: { hostname: aHost('example.com') },
    })
    const shown = (activation: { value: string; isFree: boolean } | undefined) =>
      `${activation?.value}${activation?.isFree ? ' (free)' : ''}`
    const [before, after, site] = [
      'staging.example.com',
      'staging.example.com (free)',
      'example.com',
    ]
    expect(changes.map((one) => 'activation' in one && [one.type, shown(one.activation)])).toEqual([
      ['activation.delete', before],
      ['activation.create', after],
      ['activation.create', site],
    ])
    expect(events.map(({ type, activation }) => [type, shown(activation)])).toEqual([
      ['activation.deleted', before],
      ['activation.created', after],
      ['activation.created', site],
    ])
  })
})
