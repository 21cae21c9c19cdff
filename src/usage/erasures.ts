import type { Database } from 'bun:sqlite'
import { findLicenseId, formatFacts, formatLate, parseFacts, splitLate } from './records.ts'

/** The clock of an edge may be ahead by this much. */
const AHEAD_MAX_MS = 60_000

/** Remembers which licenses were redacted, because an edge may send validations from before. */
export function createErasures(db: Database) {
  const insert = db.query(
    `INSERT INTO erasures (license_id, at_ms) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)`,
  )
  const select = db.query<{ licenseId: string; atMs: number }, []>(
    'SELECT license_id AS licenseId, at_ms AS atMs FROM erasures',
  )
  let known: Map<string, number> | null = null

  const load = () => {
    known ??= new Map(select.all().map(({ licenseId, atMs }) => [licenseId, atMs]))
    return known
  }

  return {
    record: (licenseIds: readonly string[], atMs: number): void => {
      for (const id of licenseIds) insert.run(id, atMs)
      known = null
    },
    /** Removes the address and fingerprint of validations from before the erasure of their license. */
    redact: (text: string): string => {
      const erased = load()
      if (erased.size === 0) return text
      const lines = [...splitLate(text)].map((line) => {
        const erasedAtMs = erased.get(findLicenseId(line.facts))
        if (erasedAtMs === undefined || line.atMs > erasedAtMs + AHEAD_MAX_MS)
          return formatLate(line)
        const record = parseFacts(line.facts, line.atMs)
        return formatLate({
          ...line,
          facts: formatFacts({ ...record, address: null, fingerprint: null }),
        })
      })
      return lines.join('\n')
    },
  }
}
