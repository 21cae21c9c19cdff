import { useMemo } from 'preact/hooks'
import { BarList } from '../../shared/bar-list.tsx'
import { formatNumber } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { formatShare } from '../../shared/numbers.ts'
import { Page } from '../../shared/page.tsx'
import { Section } from '../../shared/section.tsx'
import { Loading } from '../../shared/states.tsx'
import { Tile } from '../../shared/tile.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { Countries } from './countries.tsx'
import { UsageFilters } from './filters.tsx'
import { readRange, toQuery } from './ranges.ts'
import { Refusals } from './refusals.tsx'
import { loadSeries, loadTotals, type ValidationTotals } from './usage-counts.ts'
import { ValidationChart } from './validation-chart.tsx'

/** How the licenses of this server are used: all of them, or those of a product or a plan. */
export function UsagePage() {
  const { values, set } = useFilters()
  const nowMs = useMemo(() => Date.now(), [values])
  const range = readRange(values, nowMs)
  const part = pickFilters(values, ['product', 'plan'])
  const query = { ...toQuery(range), ...part }
  const { interval } = range
  const usage = useLoad(JSON.stringify([query, interval]), async () => {
    const [series, totals] = await Promise.all([
      loadSeries({ ...query, interval }),
      loadTotals(query),
    ])
    return { series, totals }
  })

  return (
    <Page
      title="Usage"
      note="How often apps have validated licenses, in whole days of UTC."
      actions={<Export range={toQuery(range)} />}
    >
      <UsageFilters range={range} part={part} onChange={set} />
      <Loading loaded={usage} lines={16}>
        {({ series, totals }) => (
          <>
            <Tiles {...totals} />
            <Section title="Over time">
              <div class="chart-room">
                <ValidationChart {...series} />
              </div>
            </Section>
            {totals.parts === null ? <Undivided /> : <Parts {...totals.parts} />}
          </>
        )}
      </Loading>
    </Page>
  )
}

/** Files with every stored validation, which the browser saves while the server sends them. */
function Export({ range }: { range: { readonly from: string; readonly to: string } }) {
  const address = (format: string) =>
    `/api/v1/usage/export?${new URLSearchParams({ ...range, format })}`
  return (
    <>
      {['csv', 'ndjson'].map((format) => (
        <a key={format} class="button plain" href={address(format)} download={`usage.${format}`}>
          <Icon name="download" size={16} /> Export {format.toUpperCase()}
        </a>
      ))}
    </>
  )
}

function Tiles({ valid, refused, parts }: ValidationTotals) {
  const total = valid + refused
  const countries = parts && Object.keys(parts.countries).length
  return (
    <div class="tiles">
      <Tile label="Validations" value={formatNumber(total)} />
      <Tile label="Valid" value={formatNumber(valid)} note={formatShare(valid, total)} />
      <Tile label="Refused" value={formatNumber(refused)} note={formatShare(refused, total)} />
      {countries !== null && <Tile label="Countries" value={formatNumber(countries)} />}
    </div>
  )
}

function Undivided() {
  return (
    <p class="muted">
      Reasons, countries, products and plans are counted for the whole server only. Show all
      products and plans to see them. An export always contains all licenses.
    </p>
  )
}

function Parts(parts: NonNullable<ValidationTotals['parts']>) {
  const { errors, countries, products, plans, unknownCountry } = parts
  return (
    <>
      <div class="columns">
        <Section title="Why refused">
          <Refusals errors={errors} />
        </Section>
        <div class="stack">
          <Section title="By plan">
            <BarList bars={listParts('plan', plans)} empty="No validations in this range." />
          </Section>
          <Section title="By product">
            <BarList bars={listParts('product', products)} empty="No validations in this range." />
          </Section>
        </div>
      </div>
      <Section title="By country">
        <Countries countries={countries} unknown={unknownCountry} />
      </Section>
    </>
  )
}

/** Each name links to its own numbers, in the range that is shown. */
function listParts(kind: 'plan' | 'product', counts: Readonly<Record<string, number>>) {
  return Object.entries(counts).map(([slug, count]) => {
    const query = new URLSearchParams(location.search)
    query.set(kind, slug)
    return { name: slug, count, label: <a href={`/admin/usage?${query}`}>{slug}</a> }
  })
}
