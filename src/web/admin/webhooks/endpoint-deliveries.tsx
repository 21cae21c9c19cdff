import { useState } from 'preact/hooks'
import type { Webhook } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { count } from '../../shared/format.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { fromLocalInput, toLocalInput } from '../../shared/local-times.ts'
import { Empty, Loading } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { DeliveryTable, LIVE_MS } from './delivery-table.tsx'

const DAY_MS = 86_400_000

/** The newest deliveries of an endpoint, live. */
export function EndpointDeliveries({ endpoint }: { endpoint: Webhook }) {
  const can = useCan()
  const [isRecovering, setRecovering] = useState(false)
  const query = { webhook_id: endpoint.id }
  const deliveries = useLoad(
    `deliveries of ${endpoint.id}`,
    () => call(api.deliveries.get({ query })),
    { everyMs: LIVE_MS },
  )
  return (
    <section class="stack" aria-labelledby="deliveries">
      <div class="spread">
        <h2 id="deliveries">Deliveries</h2>
        <span class="row">
          <a href={`/admin/webhooks/deliveries?webhook_id=${endpoint.id}`}>All deliveries</a>
          {can('webhooks:write') && (
            <button type="button" class="plain tight" onClick={() => setRecovering(true)}>
              Recover
            </button>
          )}
        </span>
      </div>
      <Loading loaded={deliveries}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No deliveries yet">
              <p>Send a test event to see whether your server receives it.</p>
            </Empty>
          ) : (
            <DeliveryTable deliveries={data} onRetried={deliveries.reload} />
          )
        }
      </Loading>
      {isRecovering && (
        <Recover
          endpoint={endpoint}
          onClose={() => setRecovering(false)}
          onRecovered={deliveries.reload}
        />
      )}
    </section>
  )
}

interface RecoverProps {
  readonly endpoint: Webhook
  readonly onClose: () => void
  readonly onRecovered: () => void
}

function Recover({ endpoint, onClose, onRecovered }: RecoverProps) {
  const [since, setSince] = useState(() =>
    toLocalInput(new Date(Date.now() - DAY_MS).toISOString()),
  )
  const action = useAction(async (headers) => {
    const body = { since: fromLocalInput(since) ?? '' }
    const { recovered } = await call(
      api.webhooks({ id: endpoint.id }).recover.post(body, { headers }),
    )
    toast(
      recovered === 0
        ? 'Nothing to recover: every event since then was delivered.'
        : `${count(recovered, 'delivery', 'deliveries')} will be sent again.`,
    )
    onRecovered()
    onClose()
  })
  return (
    <Dialog title="Recover deliveries" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        submit="Recover"
        onCancel={onClose}
        pointers={['/since']}
      >
        <p>
          Sends again what has failed since this time, and what the endpoint has missed while it was
          disabled. Events that were delivered are not repeated.
        </p>
        <TextField
          label="Since"
          type="datetime-local"
          value={since}
          onInput={setSince}
          error={errorAt(action.problem, '/since')}
        />
      </Form>
    </Dialog>
  )
}
