import { Value } from '@sinclair/typebox/value'
import { SECOND_MS } from '~/domain/times.ts'
import { buildCustomerNews, parseEventBody, parseEventTime } from './event-body.ts'
import { ignore, type News, type TranslateOptions, type Translation } from './provider.ts'
import { translateCharge, translateDispute, translateRefund } from './stripe-charges.ts'
import {
  translateInvoicePayment,
  translatePaidInvoice,
  translateUncollectibleInvoice,
  translateUnpaidInvoice,
} from './stripe-invoices.ts'
import { Customer, StripeEvent, ThinEvent } from './stripe-objects.ts'
import { translateSession } from './stripe-sessions.ts'
import { translateSubscription } from './stripe-subscriptions.ts'

type TranslateObject = (event: StripeEvent, options: TranslateOptions) => News | Promise<News>

const ignoreAll = (reason: string) => () => ignore(reason)

const translators = new Map<string, TranslateObject>([
  ['charge.dispute.closed', translateDispute],
  ['charge.dispute.created', translateDispute],
  ['charge.dispute.funds_reinstated', translateDispute],
  ['charge.dispute.funds_withdrawn', translateDispute],
  ['charge.dispute.updated', translateDispute],
  ['charge.refund.updated', translateRefund],
  ['charge.refunded', translateCharge],
  ['checkout.session.async_payment_failed', ignoreAll('The payment has failed: nothing was sold.')],
  ['checkout.session.async_payment_succeeded', translateSession],
  ['checkout.session.completed', translateSession],
  ['checkout.session.expired', ignoreAll('The session has expired: nothing was sold.')],
  ['customer.created', translateCustomer],
  ['customer.subscription.created', translateSubscription],
  ['customer.subscription.deleted', translateSubscription],
  ['customer.subscription.paused', translateSubscription],
  ['customer.subscription.pending_update_applied', translateSubscription],
  ['customer.subscription.pending_update_expired', translateSubscription],
  ['customer.subscription.resumed', translateSubscription],
  ['customer.subscription.trial_will_end', translateSubscription],
  ['customer.subscription.updated', translateSubscription],
  ['customer.updated', translateCustomer],
  ['invoice.marked_uncollectible', translateUncollectibleInvoice],
  ['invoice.paid', translatePaidInvoice],
  ['invoice.payment_failed', translateUnpaidInvoice],
  [
    'invoice.payment_succeeded',
    ignoreAll('“invoice.paid” says the same, and more: select that one.'),
  ],
  ['invoice.voided', ignoreAll('A void invoice was never paid, and no longer needs to be.')],
  ['invoice_payment.paid', translateInvoicePayment],
  ['refund.failed', translateRefund],
  ['refund.updated', translateRefund],
])

/** Translates an event of Stripe, in the shape of any API version since 2020. */
export async function translateStripe(
  body: unknown,
  options: TranslateOptions,
): Promise<Translation> {
  if (Value.Check(ThinEvent, body)) {
    const { id, type, created, livemode } = body
    return {
      type,
      eventId: id,
      occurredAtMs: parseEventTime(created, '/created'),
      mode: livemode === false ? 'test' : 'live',
      news: ignore(
        'A thin event contains no object. Create an endpoint with the payload style “snapshot”.',
      ),
    }
  }
  const event = parseEventBody(StripeEvent, body)
  const translate =
    translators.get(event.type) ?? ignoreAll('Licet does not use this type of event.')
  return {
    type: event.type,
    eventId: event.id,
    occurredAtMs: event.created * SECOND_MS,
    mode: event.livemode ? 'live' : 'test',
    news: await translate(event, options),
  }
}

function translateCustomer({ data }: StripeEvent): News {
  const { id, email, name } = parseEventBody(Customer, data.object)
  return buildCustomerNews(id, email, name)
}
