import type { ComponentChildren } from 'preact'
import { formatNumber } from './format.tsx'
import { formatShare } from './numbers.ts'

export interface Bar {
  readonly name: string
  readonly count: number
  /** Is shown instead of the name, such as a link. */
  readonly label?: ComponentChildren
}

interface BarListProps {
  readonly bars: readonly Bar[]
  /** The number that is 100%; the sum of the bars by default. */
  readonly total?: number
  readonly empty: string
}

/** Names with their counts and shares, and a bar behind each that compares them at a glance. */
export function BarList({ bars, total = sum(bars), empty }: BarListProps) {
  if (bars.length === 0) return <p class="muted">{empty}</p>
  const largest = Math.max(...bars.map(({ count }) => count))
  return (
    <ul class="bar-list">
      {bars.map(({ name, count, label }) => (
        <li key={name}>
          <span class="bar" style={{ width: `${(count / Math.max(largest, 1)) * 100}%` }} />
          <span class="bar-name">{label ?? name}</span>
          <span class="number">{formatNumber(count)}</span>
          <span class="number muted bar-share">{formatShare(count, total)}</span>
        </li>
      ))}
    </ul>
  )
}

const sum = (bars: readonly Bar[]) => bars.reduce((total, { count }) => total + count, 0)
