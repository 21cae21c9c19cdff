import type { Activation } from '~/domain/activations.ts'
import { Fault } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import {
  decideActivation,
  decideDeactivation,
  decideMove,
  decideRemoval,
  queryForActivation,
  queryForDeactivation,
  queryForMove,
  type Target,
} from '~/domain/slots.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import { MemoryLicense } from './memory-license.ts'
import { createId, startMs } from './samples.ts'

export const domain = (text: string): Target => ({ kind: 'domain', hostname: parseHostname(text) })
export const device = (fingerprint: string): Target => ({ kind: 'device', fingerprint })

/** A license in memory that is asked by its customer and its vendor, at a time of their choice. */
export function openSlots(terms: Partial<Plan> = {}, facts: Partial<License> = {}) {
  const memory = new MemoryLicense(terms, facts)
  const newcomer = (nowMs: number, name: string | null = null) => {
    const id = createId('act')
    return { id, name, country: null, nowMs }
  }
  return {
    memory,
    activate: (target: Target, nowMs = startMs, name: string | null = null) =>
      memory.decide(queryForActivation(target), (subject) =>
        decideActivation(subject, target, newcomer(nowMs, name)),
      ),
    deactivate: (target: Target, nowMs = startMs) =>
      memory.decide(queryForDeactivation(target, nowMs), (subject) =>
        decideDeactivation(subject, target, nowMs),
      ),
    remove: (activationId: string) => memory.decide({ activationId }, decideRemoval),
    move: (activationId: string, target: Target) =>
      memory.decide(queryForMove(activationId, target), (subject) =>
        decideMove(subject, target, newcomer(startMs)),
      ),
    values: () => memory.activations.map(({ value }) => value),
    told: () => memory.events.map(({ type, activation }) => [type, activation?.value]),
  }
}

export function granted(outcome: Activation | Refusal): Activation {
  if (isRefusal(outcome)) throw new Error(outcome.message)
  return outcome
}

export function faultOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof Fault ? error.kind : String(error)
  }
}
