import { useEffect, useRef, useState } from 'preact/hooks'
import type { Line, Plot } from './chart-plot.ts'
import { useChunk } from './chunk.ts'
import { formatNumber } from './format.tsx'
import { formatShortCount } from './numbers.ts'
import { formatPeriod, type Interval, isUnfinished } from './periods.ts'

/** One of the lines, with a value for each period. */
export interface Series extends Line {
  readonly name: string
  readonly values: readonly number[]
}

interface ChartProps {
  /** Names what is counted, such as "Validations". */
  readonly title: string
  /** The start of each period, in milliseconds since 1970. */
  readonly starts: readonly number[]
  readonly interval: Interval
  readonly series: readonly Series[]
  readonly height?: number
}

const HEIGHT_PX = 240
const load = () => import('./chart-plot.ts')

/** Lines over hours or days of UTC, with their totals as text and all values as a table. */
export function Chart({ title, starts, interval, series, height = HEIGHT_PX }: ChartProps) {
  const [point, setPoint] = useState<number | null>(null)
  const [isTableOpen, setTableOpen] = useState(false)
  const last = starts.at(-1)
  const start = point === null ? undefined : starts[point]
  return (
    <figure class="chart">
      <Legend
        period={start === undefined ? 'Total' : formatPeriod(start, interval)}
        series={series}
        point={start === undefined ? null : point}
      />
      <Canvas {...{ title, starts, interval, series, height }} onPoint={setPoint} />
      <figcaption class="small muted">
        {interval === 'hour' ? 'By hour' : 'By day'}, in UTC.
        {last !== undefined &&
          isUnfinished(last, interval) &&
          ` The last ${interval} is not over yet.`}
      </figcaption>
      <details class="as-table" onToggle={(event) => setTableOpen(event.currentTarget.open)}>
        <summary>Show as a table</summary>
        {isTableOpen && <ChartTable {...{ title, starts, interval, series }} />}
      </details>
    </figure>
  )
}

interface LegendProps {
  readonly period: string
  readonly series: readonly Series[]
  readonly point: number | null
}

function Legend({ period, series, point }: LegendProps) {
  return (
    <div class="chart-legend">
      {series.map(({ name, color, dash, values }) => (
        <span key={name} class="chart-series">
          <svg width="20" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="20"
              y1="4"
              y2="4"
              stroke-width="2"
              stroke-dasharray={dash?.join(' ')}
              style={{ stroke: `var(${color})` }}
            />
          </svg>
          {name} <strong class="number">{formatNumber(valueAt(values, point))}</strong>
        </span>
      ))}
      <span class="chart-period muted">{period}</span>
    </div>
  )
}

function valueAt(values: readonly number[], point: number | null): number {
  return point === null ? sum(values) : (values[point] ?? 0)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

type CanvasProps = Required<ChartProps> & { readonly onPoint: (point: number | null) => void }

function Canvas({ onPoint, height, ...data }: CanvasProps) {
  const { starts, series } = data
  const chunk = useChunk(load)
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | null>(null)
  const module = chunk.state === 'loaded' ? chunk.module : null
  const lines = JSON.stringify(
    series.map(({ color, dash, isFilled }) => ({ color, dash, isFilled })),
  )
  const points = {
    times: starts.map((start) => start / 1000),
    values: series.map(({ values }) => values),
  }

  useEffect(() => {
    if (module === null || frame.current === null) return
    const options = { lines: series, height, formatCount: formatShortCount, onPoint }
    plot.current = module.createPlot(frame.current, options, points)
    return () => plot.current?.destroy()
  }, [module, lines, height, onPoint])

  useEffect(() => plot.current?.update(points), [starts, series])

  return (
    <div
      ref={frame}
      class="chart-canvas"
      role="img"
      aria-label={describe(data)}
      style={{ height: `${height}px` }}
    >
      {chunk.state === 'failed' && (
        <p class="muted">The chart could not be loaded. The table below has its values.</p>
      )}
    </div>
  )
}

/** Returns a sentence that says what a glance at the lines would. */
function describe({ title, starts, interval, series }: Omit<ChartProps, 'height'>): string {
  const [first, last] = [starts[0], starts[starts.length - 1]]
  if (first === undefined || last === undefined) return `${title}: no data.`
  const range = `from ${formatPeriod(first, interval)} to ${formatPeriod(last, interval)}`
  const totals = series.map(({ name, values }) => {
    const highest = Math.max(...values)
    const start = starts[values.indexOf(highest)] ?? first
    const peak =
      highest === 0 ? '' : `, at most ${formatNumber(highest)} (${formatPeriod(start, interval)})`
    return `${name}: ${formatNumber(sum(values))}${peak}`
  })
  return `${title} by ${interval} ${range}. ${totals.join('. ')}.`
}

/** Newest first, because that is what a reader looks for. */
function ChartTable({ title, starts, interval, series }: Omit<ChartProps, 'height'>) {
  const rows = starts.map((start, index) => ({ start, index })).reverse()
  return (
    <table class="compact">
      <caption class="only-read">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{interval === 'hour' ? 'Hour (UTC)' : 'Day (UTC)'}</th>
          {series.map(({ name }) => (
            <th key={name} scope="col" class="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ start, index }) => (
          <tr key={start}>
            <th scope="row">{formatPeriod(start, interval)}</th>
            {series.map(({ name, values }) => (
              <td key={name} class="number">
                {formatNumber(values[index] ?? 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
