import { SECOND_MS } from './times.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'
/** The three forms of RFC 9110, §5.6.7: IMF-fixdate, RFC 850 and asctime. */
const FORMS = [
  `[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${TIME} GMT`,
  `[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${TIME} GMT`,
  `[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`))
const FUTURE_YEARS_MAX = 50

/** Parses a date of an HTTP header into ms. Returns null for any other string. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  const parts = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined)
  if (parts === undefined) return null
  const { year = '', month = '', day, hour, minute, second } = parts
  const fullYear = year.length === 2 ? expandYear(Number(year), nowMs) : Number(year)
  const dayMs = Date.UTC(fullYear, MONTHS.indexOf(month), Number(day))
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  // `Date.UTC` would read February 30 as March 2.
  const hasDay = MONTHS.includes(month) && new Date(dayMs).getUTCDate() === Number(day)
  const hasTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
  return hasDay && hasTime ? dayMs + seconds * SECOND_MS : null
}

/** Returns the year with these last two digits, at most 50 years in the future. */
function expandYear(lastTwoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + lastTwoDigits
  return year > thisYear + FUTURE_YEARS_MAX ? year - 100 : year
}
