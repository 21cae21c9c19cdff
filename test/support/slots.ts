import type { Activation, Target } from '~/domain/activations.ts'
import type { LicenseFacts } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { Plan } from '~/domain/plans.ts'
import { decideActivation, decideDeactivation, decideMove, decideRemoval } from '~/domain/slots.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import type { Store } from '~/store/port.ts'
import { createId, startMs } from './samples.ts'
import { StoredLicense } from './stored-license.ts'

export const domain = (text: string): Target => ({ kind: 'domain', hostname: parseHostname(text) })
export const device = (fingerprint: string): Target => ({ kind: 'device', fingerprint })

export type Slots = Awaited<ReturnType<typeof createSlots>>

/** A license in a real store whose slots a customer and the vendor change, at a time of their choice. */
export async function createSlots(
  store: Store,
  terms: Partial<Plan> = {},
  facts: LicenseFacts = {},
) {
  const license = await StoredLicense.create(store, terms, facts)
  const draft = (nowMs: number, name: string | null = null) => {
    const id = createId('act')
    return { id, name, country: null, nowMs }
  }
  return {
    license,
    activate: (target: Target, nowMs = startMs, name: string | null = null) =>
      license.decide({ intent: 'activate', target }, (state) =>
        decideActivation(state, target, draft(nowMs, name)),
      ),
    deactivate: (target: Target, nowMs = startMs) =>
      license.decide({ intent: 'deactivate', target, nowMs }, (state) =>
        decideDeactivation(state, target, nowMs),
      ),
    remove: (activationId: string) =>
      license.decide({ intent: 'remove', activationId }, decideRemoval),
    move: (activationId: string, target: Target) =>
      license.decide({ intent: 'move', activationId, target }, (state) =>
        decideMove(state, target, draft(startMs)),
      ),
    values: () => license.values(),
    /** The types of the events since its creation, each with the value of its activation. */
    events: async () =>
      (await license.events()).map(({ type, activation }) => [type, activation?.value]),
  }
}

/** Returns the activation, or throws when it was refused. */
export async function granted(outcome: Promise<Activation | Refusal>): Promise<Activation> {
  const activation = await outcome
  if (isRefusal(activation)) throw new Error(activation.message)
  return activation
}

export async function faultOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome
    return 'none'
  } catch (error) {
    return error instanceof Fault ? error.kind : String(error)
  }
}
