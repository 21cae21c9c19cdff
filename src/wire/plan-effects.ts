import type { Static } from '@sinclair/typebox'
import {
  type EntitlementLimit,
  type PlanEffect,
  type PlanUseCount,
  planLimits,
} from '~/domain/plan-effects.ts'
import { exampleId } from './fields.ts'
import { Type } from './type.ts'

const names = {
  maxDomains: 'max_domains',
  maxDevices: 'max_devices',
  maxSeats: 'max_seats',
} as const

const limit = Type.PublishAs(
  Type.String({ pattern: '^[0-9]{1,9}$', description: 'The limit to try, a number.' }),
  Type.Integer({ minimum: 0, maximum: 999_999_999 }),
)

export const PlanEffectsQuery = Type.Query(
  Type.Optionals({ max_domains: limit, max_devices: limit, max_seats: limit }),
)
export type PlanEffectsQuery = Static<typeof PlanEffectsQuery>

const LimitName = Type.Literals(['max_domains', 'max_devices', 'max_seats'], {
  title: 'PlanLimitName',
  description: 'A limit of a plan.',
})

export const PlanEffects = Type.Response(
  'PlanEffects',
  'The licenses of a plan that would be over its limits.',
  {
    over: [{ limit: 'max_domains', count: 12, at_least: false, license_ids: [exampleId('lic')] }],
  },
  {
    over: Type.Array(
      Type.Object(
        {
          limit: LimitName,
          count: Type.Count('Licenses that use more, and have no limit of their own.'),
          at_least: Type.Boolean({
            description: 'Whether there may be more, because only 100,000 licenses were read.',
          }),
          license_ids: Type.Array(Type.String(), { description: 'The first 20 of them.' }),
        },
        { title: 'PlanEffect' },
      ),
      { description: 'One entry for each limit of the request.' },
    ),
  },
)

export function parseLimits(query: PlanEffectsQuery): Partial<Record<EntitlementLimit, number>> {
  const given = planLimits.flatMap((name) => {
    const text = query[names[name]]
    return text === undefined ? [] : [[name, Number(text)] as const]
  })
  return Object.fromEntries(given)
}

export function presentPlanEffects(effects: readonly PlanEffect[]): Static<typeof PlanEffects> {
  return {
    over: effects.map(({ limit, count, isComplete, ids }) => ({
      limit: names[limit],
      count,
      at_least: !isComplete,
      license_ids: [...ids],
    })),
  }
}

export const PlanUses = Type.Response(
  'PlanUses',
  'How many licenses have each plan.',
  { data: [{ plan: 'professional', licenses: 1247, at_least: false }] },
  {
    data: Type.Array(
      Type.Object(
        {
          plan: Type.Described('The slug of the plan.'),
          licenses: Type.Count('Its licenses, also revoked ones, up to 10,000.'),
          at_least: Type.Boolean({ description: 'Whether there are more than `licenses`.' }),
        },
        { title: 'PlanUse' },
      ),
    ),
  },
)

export function presentPlanUses(counts: readonly PlanUseCount[]): Static<typeof PlanUses> {
  return {
    data: counts.map(({ planSlug, count, isComplete }) => ({
      plan: planSlug,
      licenses: count,
      at_least: !isComplete,
    })),
  }
}
