import { useState } from 'preact/hooks'
import type { CheckoutEventWithBody } from '~/wire/checkout-events.ts'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { JsonView } from '../../shared/json-view.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useCan } from '../session.tsx'

/** The event as the shop sent it. It may contain personal data, so it is loaded only on request. */
export function RawEvent({ event: { id, has_event: isStored } }: { event: CheckoutEventWithBody }) {
  const can = useCan()
  const [body, setBody] = useState<CheckoutEventWithBody['event']>(null)
  const show = useAction(async () => {
    const { event } = await call(api.checkout.events({ id }).get({ query: { reveal: 'true' } }))
    setBody(event)
  })
  return (
    <section class="stack" aria-labelledby="raw">
      <h2 id="raw">Raw event</h2>
      {!isStored ? (
        <p class="muted">
          It was deleted because it is too old. What it said about the purchase is kept.
        </p>
      ) : !can('licenses:reveal') ? (
        <p class="muted">
          It may contain license keys. To see it, you need the scope <code>licenses:reveal</code>.
        </p>
      ) : (
        <div class="row">
          <button
            type="button"
            class="plain"
            aria-expanded={body !== null}
            aria-busy={show.isBusy}
            onClick={() => (body === null ? show.run() : setBody(null))}
          >
            {body === null ? 'Show JSON' : 'Hide JSON'}
          </button>
          {body !== null && <CopyButton text={JSON.stringify(body, null, 2)} what="the event" />}
        </div>
      )}
      <ProblemNotice problem={show.problem} />
      {body !== null && <JsonView value={body} label="JSON of the event" />}
    </section>
  )
}
