const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat(undefined, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

/** Formats a count where space is short: 12.3K. */
export const formatShortCount = (count: number): string => short.format(count)

/** Formats the part that a count is of a total: 12.5%. A part that rounds to zero is "< 0.1%". */
export function formatShare(count: number, total: number): string {
  if (total === 0) return percent.format(0)
  const share = count / total
  return count > 0 && share < 0.0005 ? `< ${percent.format(0.001)}` : percent.format(share)
}
