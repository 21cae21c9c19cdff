const MINUTE_MS = 60_000

/** Returns a time as the value of a `datetime-local` input, in the visitor's time zone. */
export function toLocalInput(timestamp: string | undefined): string {
  const atMs = Date.parse(timestamp ?? '')
  if (Number.isNaN(atMs)) return ''
  const offsetMs = new Date(atMs).getTimezoneOffset() * MINUTE_MS
  return new Date(atMs - offsetMs).toISOString().slice(0, 16)
}

/** Returns the value of a `datetime-local` input as a time in UTC; null for none. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace('.000Z', 'Z')
}
