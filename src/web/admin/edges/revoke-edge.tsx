import type { Edge } from '~/wire/edges.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { formatDuration, Time } from '../../shared/format.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'

/** As long as a lease. */
const LEASE_SECONDS = 5

interface RevokeEdgeProps {
  readonly edge: Edge
  readonly onClose: () => void
  readonly onRevoked: () => void
}

export function RevokeEdgeDialog({ edge, onClose, onRevoked }: RevokeEdgeProps) {
  const { id, name, last_seen_at: seenAt } = edge
  const action = useAction(async () => {
    await call(api.edges({ id }).delete())
    toast(`Edge ${name} revoked.`)
    onRevoked()
    onClose()
  })
  return (
    <Confirm
      title={`Revoke ${name}?`}
      submit="Revoke edge"
      isDanger
      action={action}
      onConfirm={() => action.run()}
      onClose={onClose}
    >
      <p>
        Its token stops working at once. <strong>This cannot be undone.</strong>
      </p>
      {seenAt === null ? (
        <p>The edge has never connected, so it confirms no license.</p>
      ) : (
        <>
          <Effect edge={edge} />
          <p>
            Apps that use the edge get errors from then on, so let them use another address first.
            Validations that it has not delivered yet are not counted.
          </p>
        </>
      )}
    </Confirm>
  )
}

/** Says for how long it may still confirm licenses. */
function Effect({ edge }: { edge: Edge }) {
  const { connected, stale_seconds: stale, answers_until: until } = edge
  if (connected) {
    return (
      <p>
        It gives up all licenses that it knows within a second. If it is cut off from this server
        just now, it may confirm them for up to {stale > 0 && `${formatDuration(stale)} and `}
        {formatDuration(LEASE_SECONDS)}.
      </p>
    )
  }
  if (until === null) return <p>It is away, and confirms no license any more.</p>
  return (
    <p>
      It is away, so it does not learn of this: until <Time at={until} as="end" />, it may confirm
      licenses that it knows.
    </p>
  )
}
