import type { Overview } from '~/wire/overview.ts'
import { Ago, count, formatNumber } from '../../shared/format.tsx'
import { formatShare } from '../../shared/numbers.ts'
import { Tile } from '../../shared/tile.tsx'

const DAY_MS = 86_400_000

/** The figures that a vendor looks at every morning. */
export function OverviewTiles({ overview }: { overview: Overview }) {
  const { licenses, today, last_backup_at: lastBackupAt } = overview
  return (
    <div class="tiles">
      <Tile
        label="Active licenses"
        href="/admin/licenses?status=active"
        value={formatNumber(licenses.active)}
        note={describeOthers(licenses)}
      />
      <ExpiringTile {...licenses} />
      {today !== null && (
        <Tile
          label="Validations today"
          href="/admin/usage?range=today"
          value={formatNumber(today.valid + today.refused)}
          note={`${formatNumber(today.refused)} refused (${formatShare(today.refused, today.valid + today.refused)})`}
        />
      )}
      <Tile
        label="Last backup"
        href="/admin/health"
        value={lastBackupAt === null ? 'None' : <Ago at={lastBackupAt} />}
        note={describeQueues(overview)}
      />
    </div>
  )
}

type Licenses = Overview['licenses']

function ExpiringTile({ expiring }: Licenses) {
  const windows = [...expiring].sort((one, other) => one.within_days - other.within_days)
  const longest = windows.pop()
  if (longest === undefined) return null
  const days = longest.within_days
  const query = new URLSearchParams({
    status: 'active',
    expires_after: new Date().toISOString(),
    expires_before: new Date(Date.now() + days * DAY_MS).toISOString(),
  })
  return (
    <Tile
      href={`/admin/licenses?${query}`}
      label={`Expire within ${days} days`}
      value={formatWindow(longest)}
      note={windows.map(describeWindow).join(', ')}
    />
  )
}

type Window = Licenses['expiring'][number]

const formatWindow = ({ count, at_least }: Window) => `${formatNumber(count)}${at_least ? '+' : ''}`

const describeWindow = (window: Window) =>
  `${formatWindow(window)} in ${count(window.within_days, 'day')}`

/** Names only the states that some license has. */
function describeOthers({ total, suspended, expired, revoked }: Licenses): string {
  const others = Object.entries({ suspended, expired, revoked })
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${formatNumber(number)} ${state}`)
  return others.length === 0 ? `of ${formatNumber(total)}` : others.join(', ')
}

/** Names only the queues in which something waits. */
function describeQueues({ webhooks, mails }: Overview): string {
  const queues = [
    webhooks && webhooks.pending > 0 && count(webhooks.pending, 'delivery', 'deliveries'),
    mails && mails.pending > 0 && count(mails.pending, 'email'),
  ].filter((queue) => typeof queue === 'string')
  return queues.length === 0 ? 'No emails or deliveries waiting' : `${queues.join(' and ')} waiting`
}
