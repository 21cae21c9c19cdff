import { Chart } from '../../shared/chart.tsx'
import type { ValidationSeries } from './usage-counts.ts'

/** The valid and the refused validations over time. */
export function ValidationChart({ interval, starts, valid, refused }: ValidationSeries) {
  return (
    <Chart
      title="Validations"
      starts={starts}
      interval={interval}
      series={[
        { name: 'Valid', values: valid, color: '--series-1', isFilled: true },
        { name: 'Refused', values: refused, color: '--series-2', dash: [5, 4] },
      ]}
    />
  )
}
