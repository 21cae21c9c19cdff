import type { UsageEntry } from '~/wire/usage.ts'
import { api, call } from '../../shared/api.ts'
import { BarList } from '../../shared/bar-list.tsx'
import { Ago, count, formatNumber } from '../../shared/format.tsx'
import { Section } from '../../shared/section.tsx'
import { Badge, Empty, Loading } from '../../shared/states.tsx'
import { type Column, Pager, Table } from '../../shared/table.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'
import { ValidationChart } from '../usage/validation-chart.tsx'
import type { LicenseView } from './license-tabs.tsx'

const DAY_MS = 86_400_000
const DAYS = 30

/** How the license was used in the last 30 days: by day, and each validation that is stored. */
export function LicenseUsage({ license }: LicenseView) {
  return (
    <>
      <UsageChart id={license.id} />
      <Validations id={license.id} />
    </>
  )
}

function UsageChart({ id }: { id: string }) {
  const loaded = useLoad(`usage by day ${id}`, () => {
    const from = new Date(Date.now() - (DAYS - 1) * DAY_MS).toISOString().slice(0, 10)
    return call(api.licenses({ id }).usage.series.get({ query: { from: `${from}T00:00:00Z` } }))
  })
  return (
    <Section title="Validations" aside={<span class="small muted">Last {DAYS} days</span>}>
      <div class="chart-room">
        <Loading loaded={loaded} lines={6}>
          {({ data }) => (
            <ValidationChart
              interval="day"
              starts={data.map(({ start }) => Date.parse(start))}
              valid={data.map(({ valid }) => valid)}
              refused={data.map(({ refused }) => refused)}
            />
          )}
        </Loading>
      </div>
    </Section>
  )
}

function Validations({ id }: { id: string }) {
  const { values, set } = useFilters()
  const cursor = values.cursor
  const loaded = useLoad(`validations ${id} ${cursor}`, () =>
    call(api.licenses({ id }).usage.get({ query: cursor ? { cursor } : {} })),
  )
  return (
    <Loading loaded={loaded}>
      {({ data, summary, next_cursor: next }) => (
        <>
          {summary.refused > 0 && (
            <Section title="Why validations were refused">
              <BarList
                bars={Object.entries(summary.by_error).map(([name, errors]) => ({
                  name,
                  count: errors,
                  label: toWords(name),
                }))}
                empty="No validation was refused."
              />
            </Section>
          )}
          {data.length === 0 ? (
            <Empty title="No validations in the last 30 days">
              <p>Each validation of the app is listed here with its result and its reason.</p>
            </Empty>
          ) : (
            <Table
              caption="Validations of the license"
              columns={[...columns, explainColumn(id)]}
              rows={data}
              keyOf={keyOf}
            />
          )}
          <Pager
            nextCursor={next}
            hasCursor={cursor !== undefined}
            onCursor={(to) => set({ cursor: to })}
          />
        </>
      )}
    </Loading>
  )
}

const keyOf = ({ at, domain, fingerprint, error, address, version, country }: UsageEntry) =>
  [at, domain, fingerprint, error, address, version, country].join(' ')

const columns: readonly Column<UsageEntry>[] = [
  {
    label: 'Result',
    kind: 'title',
    cell: ({ error }) =>
      error === null ? (
        <Badge tone="good">Valid</Badge>
      ) : (
        <Badge tone="bad">{toWords(error)}</Badge>
      ),
  },
  { label: 'When', cell: ({ at }) => <Ago at={at} /> },
  {
    label: 'Where',
    cell: ({ domain, fingerprint }) => (
      <span class="cell-long">{[domain, fingerprint].filter(Boolean).join(' · ')}</span>
    ),
  },
  {
    label: 'From',
    cell: ({ country, address }) => [country, address].filter(Boolean).join(' · '),
  },
  { label: 'Version', cell: ({ version }) => version },
  {
    label: 'Times',
    kind: 'number',
    cell: ({ count: times }) => (
      <span title={times === 1 ? undefined : `${count(times, 'validation')} within a minute`}>
        {formatNumber(times)}
      </span>
    ),
  },
]

/** Leads to the checks of the same request, at the time when it was refused. */
const explainColumn = (id: string): Column<UsageEntry> => ({
  label: 'Actions',
  kind: 'actions',
  cell: ({ error, at, domain, fingerprint }) => {
    if (error === null) return null
    const query = new URLSearchParams({ tab: 'check', at })
    if (domain !== null) query.set('domain', domain)
    if (fingerprint !== null) query.set('fingerprint', fingerprint)
    return (
      <a class="in-text" href={`/admin/licenses/${id}?${query}`}>
        Explain
      </a>
    )
  },
})
