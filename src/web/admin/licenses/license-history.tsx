import { useEffect, useState } from 'preact/hooks'
import type { AuditEntry } from '~/wire/audit.ts'
import type { Event } from '~/wire/events.ts'
import { api, call } from '../../shared/api.ts'
import { Loading, ProblemNotice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { listCompleteSteps, type Part } from './history.ts'
import { HistoryStep } from './history-step.tsx'
import type { LicenseView } from './license-tabs.tsx'

const PAGE = '100'

interface History {
  readonly events: Part<Event>
  readonly entries: Part<AuditEntry>
}

const nothing = { data: [], cursor: null }

/** Everything that has happened to the license, newest first: what, by whom, and the fields that changed. */
export function LicenseHistory({ license }: LicenseView) {
  const can = useCan()
  const { id, version, domains_count: domains, devices } = license
  const [history, setHistory] = useState<History | null>(null)
  const canAudit = can('audit:read')
  const loaded = useLoad(`history ${id} ${version} ${domains} ${devices}`, async () => {
    const [events, entries] = await Promise.all([
      loadEvents(id),
      canAudit ? loadEntries(id) : nothing,
    ])
    return { events, entries }
  })
  useEffect(() => setHistory(loaded.data), [loaded.data])
  const more = useAction(async () => {
    if (history !== null) setHistory(await loadMore(id, history))
  })
  const hasMore = history !== null && (history.events.cursor ?? history.entries.cursor) !== null
  return (
    <>
      {!canAudit && (
        <p class="muted">You lack the scope audit:read, so this does not say who did it.</p>
      )}
      {can('events:read') && (
        <p>
          <a href={`/admin/events?license_id=${id}`}>Events as endpoints receive them</a>
        </p>
      )}
      <Loading loaded={loaded} lines={8}>
        {(first) => {
          const { events, entries } = history ?? first
          return (
            <ol class="timeline">
              {listCompleteSteps(events, entries).map((step) => (
                <HistoryStep key={step.id} step={step} />
              ))}
            </ol>
          )
        }}
      </Loading>
      <ProblemNotice problem={more.problem} />
      {hasMore && (
        <div>
          <button type="button" class="plain" aria-busy={more.isBusy} onClick={() => more.run()}>
            Show older
          </button>
        </div>
      )}
    </>
  )
}

async function loadEvents(id: string, cursor?: string): Promise<Part<Event>> {
  const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
  const page = await call(api.licenses({ id }).events.get({ query }))
  return { data: page.data, cursor: page.next_cursor }
}

async function loadEntries(id: string, cursor?: string): Promise<Part<AuditEntry>> {
  const query = { subject_id: id, limit: PAGE, ...(cursor !== undefined && { cursor }) }
  const page = await call(api.audit.get({ query }))
  return { data: page.data, cursor: page.next_cursor }
}

/** Loads the next part of both lists. */
async function loadMore(id: string, { events, entries }: History): Promise<History> {
  const [nextEvents, nextEntries] = await Promise.all([
    events.cursor === null ? nothing : loadEvents(id, events.cursor),
    entries.cursor === null ? nothing : loadEntries(id, entries.cursor),
  ])
  return { events: join(events, nextEvents), entries: join(entries, nextEntries) }
}

const join = <Item,>(first: Part<Item>, next: Part<Item>): Part<Item> => ({
  data: [...first.data, ...next.data],
  cursor: next.cursor,
})
