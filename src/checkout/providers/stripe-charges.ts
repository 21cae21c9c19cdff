import type { PurchaseFact } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { parseEventBody } from './event-body.ts'
import { ignore, type News } from './provider.ts'
import {
  Charge,
  Dispute,
  idOf,
  type Reference,
  Refund,
  type StripeEvent,
} from './stripe-objects.ts'

/** Translates a charge that was refunded, in part or in full. */
export function translateCharge({ data, created }: StripeEvent): News {
  const { id, payment_intent, invoice, refunded } = parseEventBody(Charge, data.object)
  const payment = { charge: id, payment_intent, invoice }
  return buildNews(payment, (paymentRef) => ({
    type: 'refunded',
    atMs: created * SECOND_MS,
    paymentRef,
    share: refunded ? 'full' : 'partial',
  }))
}

/** Translates a refund, which matters if it fails: what succeeds is in the event of its charge. */
export function translateRefund({ data, created }: StripeEvent): News {
  const { status, ...payment } = parseEventBody(Refund, data.object)
  if (status !== 'failed' && status !== 'canceled') {
    return ignore('“charge.refunded” says how much of the payment is refunded.')
  }
  return buildNews(payment, (paymentRef) => ({
    type: 'refund_failed',
    atMs: created * SECOND_MS,
    paymentRef,
  }))
}

/** Translates a dispute. An inquiry is not one yet: the customer has not got the money back. */
export function translateDispute({ type, data, created }: StripeEvent): News {
  const { id, status, ...payment } = parseEventBody(Dispute, data.object)
  const change = changeOf(status, type)
  if (change === null) return ignore(explainStatus(status))
  return buildNews(payment, () => ({ type: change, atMs: created * SECOND_MS, disputeRef: id }))
}

function changeOf(status: string, type: string) {
  switch (status) {
    case 'needs_response':
    case 'under_review':
      return type === 'charge.dispute.funds_reinstated' ? 'dispute_won' : 'disputed'
    case 'won':
    case 'warning_closed':
    // Prevented by a refund, which has an event of its own, or by an answer.
    case 'prevented':
      return 'dispute_won'
    case 'lost':
      return 'dispute_lost'
    default:
      return null
  }
}

function explainStatus(status: string): string {
  return status.startsWith('appeal_')
    ? 'The dispute is lost, and an appeal changes nothing until it is won.'
    : 'This is an inquiry, which may become a dispute: nothing was paid back.'
}

interface Payment {
  readonly charge?: Reference | null | undefined
  readonly payment_intent?: Reference | null | undefined
  readonly invoice?: Reference | null | undefined
}

/** Builds news of a payment, from which links lead to an invoice or a session. */
function buildNews(payment: Payment, buildFact: (paymentRef: string) => PurchaseFact): News {
  const charge = idOf(payment.charge)
  const intent = idOf(payment.payment_intent)
  const invoice = idOf(payment.invoice)
  const ref = intent ?? charge
  if (ref === null) return ignore('The event names no payment.')
  return {
    kind: 'purchase',
    ref,
    facts: [buildFact(ref)],
    links: [
      ...(charge === null || charge === ref ? [] : [{ from: charge, to: ref }]),
      ...(invoice === null ? [] : [{ from: ref, to: invoice }]),
    ],
    customerRef: null,
    sessionIds: [],
  }
}
