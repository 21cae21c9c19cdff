import { Section } from '../../shared/section.tsx'
import { Loading } from '../../shared/states.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { loadSeries } from '../usage/usage-counts.ts'
import { ValidationChart } from '../usage/validation-chart.tsx'

const periods = [
  { name: '24h', label: '24 hours', interval: 'hour', href: '/admin?period=24h' },
  { name: '30d', label: '30 days', interval: 'day', href: '/admin' },
] as const

/** The validations of the last 24 hours or 30 days. The choice is in the address of the page. */
export function RecentValidations({ everyMs }: { everyMs: number }) {
  const { values } = useFilters()
  const chosen = periods.find(({ name }) => name === values.period) ?? periods[1]
  const { interval } = chosen
  const series = useLoad(interval, () => loadSeries({ interval }), { everyMs })
  const aside = (
    <nav class="segments" aria-label="Period of the chart">
      {periods.map(({ name, label, href }) => (
        <a key={name} href={href} aria-current={name === chosen.name ? 'true' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
  return (
    <Section title="Validations" aside={aside}>
      <div class="chart-room">
        <Loading loaded={series}>{(data) => <ValidationChart {...data} />}</Loading>
      </div>
    </Section>
  )
}
