import { useState } from 'preact/hooks'
import { nameCountry } from './country-codes.ts'
import { formatNumber } from './format.tsx'
import { formatShare } from './numbers.ts'

interface CountryTableProps {
  readonly countries: Readonly<Record<string, number>>
  readonly unknown: number
}

type Order = 'name' | 'count'

interface Row {
  readonly code: string | null
  readonly name: string
  readonly count: number
}

/** Rows that are shown at first. */
const ROWS_MIN = 8

/** Countries with their counts and shares, sorted by either column. */
export function CountryTable({ countries, unknown }: CountryTableProps) {
  const [order, setOrder] = useState<Order>('count')
  const [isLong, setLong] = useState(false)
  const rows = listRows(countries, unknown, order)
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  if (rows.length === 0) return <p class="muted">No validations yet.</p>
  return (
    <>
      <table class="compact">
        <caption class="only-read">Validations by country</caption>
        <thead>
          <tr>
            <SortableHeader
              name="Country"
              isSorted={order === 'name'}
              direction="ascending"
              onSort={() => setOrder('name')}
            />
            <SortableHeader
              name="Validations"
              isSorted={order === 'count'}
              direction="descending"
              onSort={() => setOrder('count')}
            />
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {(isLong ? rows : rows.slice(0, ROWS_MIN)).map(({ code, name, count }) => (
            <tr key={name} data-country={code ?? 'unknown'}>
              <th scope="row">{name}</th>
              <td class="number">{formatNumber(count)}</td>
              <td class="number muted">{formatShare(count, total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MIN && (
        <button type="button" class="quiet tight" onClick={() => setLong(!isLong)}>
          {isLong ? 'Show fewer' : `Show all ${rows.length}`}
        </button>
      )}
    </>
  )
}

interface SortableHeaderProps {
  readonly name: string
  readonly isSorted: boolean
  readonly direction: 'ascending' | 'descending'
  readonly onSort: () => void
}

function SortableHeader({ name, isSorted, direction, onSort }: SortableHeaderProps) {
  return (
    <th
      scope="col"
      aria-sort={isSorted ? direction : 'none'}
      {...(direction === 'descending' && { class: 'number' })}
    >
      <button type="button" class="sort" onClick={onSort}>
        {name}
        <span aria-hidden="true">{isSorted ? (direction === 'ascending' ? '↑' : '↓') : ''}</span>
      </button>
    </th>
  )
}

function listRows(
  countries: CountryTableProps['countries'],
  unknown: number,
  order: Order,
): readonly Row[] {
  const rows: Row[] = Object.entries(countries).map(([code, count]) => {
    return { code, name: nameCountry(code), count }
  })
  if (unknown > 0) rows.push({ code: null, name: 'Unknown', count: unknown })
  return rows.sort((one, other) =>
    order === 'name' ? one.name.localeCompare(other.name) : other.count - one.count,
  )
}
