import type { CheckoutEvent, MailMode } from '~/domain/checkout-events.ts'
import { Fault } from '~/domain/faults.ts'
import type { CheckoutEventRecord, NewCheckoutEvent } from '../checkout-port.ts'

/** An event as it is stored, without its body. `endpointLabel` is empty without a label. */
interface StoredEvent extends Omit<CheckoutEvent, 'hasBody' | 'endpointLabel'> {
  readonly position: number
  readonly endpointLabel: string
  readonly key: string
  readonly mailMode: MailMode
  readonly claimedBy: string | null
  readonly claimedUntilMs: number | null
}

/** Returns the row of an event that is due at once. */
export function toNewEventRow({ endpointLabel, bodySealed: _body, ...event }: NewCheckoutEvent) {
  return {
    ...event,
    endpointLabel: endpointLabel ?? '',
    state: 'received',
    effects: [],
    rules: [],
    mailMode: 'new',
    attempts: 0,
    nextAttemptAtMs: event.receivedAtMs,
  } as const
}

export const addBody = (row: StoredEvent, bodySealed: string | null): CheckoutEventRecord => ({
  ...presentEvent(row, bodySealed !== null),
  bodySealed,
})

export function presentEvent(row: StoredEvent, hasBody: boolean): CheckoutEvent {
  const { position: _order, key: _key, claimedBy: _by, claimedUntilMs: _until, ...rest } = row
  const { mailMode: _mode, endpointLabel, ...event } = rest
  return { ...event, endpointLabel: endpointLabel === '' ? null : endpointLabel, hasBody }
}

/** The columns of an event that is to be processed again. */
export const toReplay = (mailMode: MailMode, nowMs: number) =>
  ({
    state: 'received',
    reason: null,
    waitingFor: null,
    mailMode,
    attempts: 0,
    nextAttemptAtMs: nowMs,
    claimedBy: null,
    claimedUntilMs: null,
  }) as const

export function bodyDeleted(): Fault {
  const detail = 'The raw event was deleted, so it cannot be replayed. Send it again instead.'
  return new Fault('gone', detail)
}
