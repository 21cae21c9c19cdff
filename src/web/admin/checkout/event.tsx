import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { CheckoutEventWithBody } from '~/wire/checkout-events.ts'
import { api, call } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { Loading } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { CheckoutEffects } from './event-effects.tsx'
import { CheckoutEventFacts, CheckoutReason } from './event-facts.tsx'
import { CheckoutItems } from './event-items.tsx'
import { NewRuleDialog } from './new-rule-dialog.tsx'
import { RawEvent } from './raw-event.tsx'
import { ReplayDialog } from './replay-dialog.tsx'

const EVERY_MS = 2_000

export function CheckoutEventPage() {
  const id = useRoute().params.id ?? ''
  return <CheckoutEventView key={id} id={id} />
}

/** An event that is settled changes no more, unless it is replayed. */
const isOpen = (event: CheckoutEventWithBody | null) =>
  event !== null && !['done', 'ignored', 'test', 'failed'].includes(event.state)

function CheckoutEventView({ id }: { id: string }) {
  const event = useLoad(`checkout event ${id}`, () => call(api.checkout.events({ id }).get()), {
    everyMs: (data) => (isOpen(data) ? EVERY_MS : undefined),
  })
  const [open, setOpen] = useState<'rule' | 'replay' | null>(null)
  const { data, reload } = event
  const close = () => setOpen(null)
  const done = () => {
    setOpen(null)
    reload()
  }
  return (
    <Page
      title={data?.type ?? 'Checkout event'}
      note={<a href="/admin/checkout">All events</a>}
      actions={data !== null && <Actions event={data} onOpen={setOpen} />}
    >
      <Loading loaded={event} lines={8}>
        {(loaded) => (
          <>
            <CheckoutReason event={loaded} />
            <CheckoutEventFacts event={loaded} />
            <CheckoutEffects event={loaded} />
            <CheckoutItems event={loaded} />
            <RawEvent event={loaded} />
            {open === 'rule' && <NewRuleDialog event={loaded} onClose={close} onCreated={done} />}
            {open === 'replay' && <ReplayDialog event={loaded} onClose={close} onReplayed={done} />}
          </>
        )}
      </Loading>
    </Page>
  )
}

interface ActionsProps {
  readonly event: CheckoutEventWithBody
  readonly onOpen: (dialog: 'rule' | 'replay') => void
}

function Actions({ event, onOpen }: ActionsProps) {
  const can = useCan()
  const canWrite = can('checkout:write')
  const isUnmatched =
    event.state === 'unmatched' && event.items.some((item) => item.rule_id === null)
  return (
    <>
      {event.has_event && (
        <a class="button plain" href={`/admin/checkout/dry-run?event_id=${event.id}`}>
          Dry run
        </a>
      )}
      {event.has_event && canWrite && (
        <button type="button" class="plain" onClick={() => onOpen('replay')}>
          Replay
        </button>
      )}
      {isUnmatched && canWrite && (
        <button type="button" onClick={() => onOpen('rule')}>
          Make a rule
        </button>
      )}
    </>
  )
}
