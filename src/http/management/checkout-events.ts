import type { Static } from '@sinclair/typebox'
import { openRawEvent, parseShownBody } from '~/checkout/raw-events.ts'
import type { Deps } from '~/deps.ts'
import { seesLicenseKeys } from '~/domain/api-keys.ts'
import type { CheckoutEventFilter } from '~/domain/checkout-events.ts'
import type { RecordedAction } from '~/store/audit-port.ts'
import type { CheckoutEventRecord } from '~/store/checkout-port.ts'
import {
  CheckoutEvent,
  CheckoutEventWithBody,
  GetCheckoutEventQuery,
  ListCheckoutEventsQuery,
  presentCheckoutEvent,
  presentItem,
  presentMaskedCheckoutEvent,
  ReplayBody,
} from '~/wire/checkout-events.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, pages } from '../answers.ts'
import { requireScope } from '../plugins/auth.ts'
import type { Command } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type EventDeps = Pick<Deps, 'store' | 'vault'>

export const checkoutEventRoutes = ({ store, vault }: EventDeps, routes: ScopedRoutes) => {
  const { events } = store.checkout
  const noun = 'checkout event'

  return routes('/checkout/events', 'Checkout')
    .get(
      '',
      ({ query, command }) =>
        listPage('checkout events', query, choosePresenter(command), (page) =>
          events.list(parseFilter(query), page),
        ),
      {
        scope: 'checkout:read',
        operationId: 'listCheckoutEvents',
        ...pages(CheckoutEvent),
        query: ListCheckoutEventsQuery,
        summary: 'List the events from your shops, newest first',
      },
    )
    .get(
      '/:id',
      async ({ params, query, request, command }) => {
        const isAsked = query.reveal === 'true'
        if (isAsked) requireScope(request, 'licenses:reveal')
        const event = requireFound(noun, await events.find(params.id))
        const items = (await listItems(store, event)).map(presentItem)
        if (isAsked) await command.recordBefore(describeReveal(event))
        const isShown = query.reveal === undefined ? seesLicenseKeys(command.caller) : isAsked
        return isShown
          ? { ...presentWithBody(vault, event), items }
          : { ...presentMaskedCheckoutEvent(event), items, event: null }
      },
      {
        scope: 'checkout:read',
        operationId: 'getCheckoutEvent',
        query: GetCheckoutEventQuery,
        ...answers(CheckoutEventWithBody, 404),
        summary: 'Get an event from a shop, with its body and effects',
        description:
          'The event itself is shown only with the scope `licenses:reveal`. With `reveal`, the audit ' +
          'gets an entry `checkout_event.reveal`.',
      },
    )
    .post(
      '/:id/replay',
      ({ params, body, command }) =>
        command.run({ noun, present: choosePresenter(command) }, (context) =>
          events.replay(params.id, body?.mail === true ? 'all' : 'none', context),
        ),
      {
        scope: 'checkout:write',
        operationId: 'replayCheckoutEvent',
        body: ReplayBody,
        ...answers(CheckoutEvent, 404, 410),
        summary: 'Process an event from a shop again',
        description:
          'Effects that it has already had are not repeated, and no mail is sent unless `mail` is true. ' +
          'Once the raw event is deleted, the response is 410.',
      },
    )
}

async function listItems(
  { checkout }: Pick<Deps['store'], 'checkout'>,
  { provider, mode, purchaseRef: ref }: CheckoutEventRecord,
) {
  return mode === null || ref === null ? [] : checkout.purchases.listItems({ provider, mode, ref })
}

const choosePresenter = ({ caller }: Pick<Command, 'caller'>) =>
  seesLicenseKeys(caller) ? presentCheckoutEvent : presentMaskedCheckoutEvent

const describeReveal = ({ id }: CheckoutEventRecord): RecordedAction => ({
  action: 'checkout_event.reveal',
  subjectId: id,
  change: null,
})

/** Presents an event with its raw body. */
export function presentWithBody(
  vault: Deps['vault'],
  { bodySealed, ...event }: CheckoutEventRecord,
) {
  const body = bodySealed === null ? null : openRawEvent(vault, bodySealed).body
  return { ...presentCheckoutEvent(event), event: body === null ? null : parseShownBody(body) }
}

function parseFilter({
  state,
  provider,
  type,
  license_id: licenseId,
}: Static<typeof ListCheckoutEventsQuery>): CheckoutEventFilter {
  return {
    ...(state && { state }),
    ...(provider && { provider }),
    ...(type !== undefined && { type }),
    ...(licenseId !== undefined && { licenseId }),
  }
}
