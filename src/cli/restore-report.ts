import { toTimestamp } from '~/domain/times.ts'
import {
  type Confirmed,
  findLastEvent,
  findLoss,
  findMissingEvents,
  type Loss,
  type LostRows,
} from '~/store/sqlite/files/loss.ts'

const advice = 'docs/backups.md says how to get each of them back.'

const nouns: Readonly<Record<keyof Loss, string>> = {
  events: 'events',
  licenses: 'licenses',
  revocations: 'revocations, so these licenses work again',
  suspensions: 'suspensions, so these licenses work again',
  activations: 'activations',
  actions: 'other actions of the audit',
}

/** Returns the lines about what a restored database lacks. */
export function reportLoss(
  restored: string,
  previous: string | null,
  confirmed: readonly Confirmed[] | null,
): readonly string[] {
  return [
    ...reportEnd(restored),
    ...(previous === null ? [] : reportPrevious(restored, previous)),
    ...(confirmed === null ? [] : reportConfirmed(restored, confirmed)),
  ]
}

function reportEnd(restored: string): readonly string[] {
  const last = findLastEvent(restored)
  if (last === null) return []
  return [`Its last event is ${last.id} of ${toTimestamp(last.timestampMs)}.`]
}

function reportPrevious(restored: string, previous: string): readonly string[] {
  const loss = findLoss(restored, previous)
  if (loss === null) {
    return [
      'The previous database cannot be read, so what is missing is unknown. Hand in what your webhook receivers have confirmed: see --confirmed.',
    ]
  }
  const kinds = (Object.keys(nouns) as (keyof Loss)[]).filter((kind) => loss[kind].count > 0)
  if (kinds.length === 0) return ['Nothing of the previous database is missing.']
  const lines = kinds.map((kind) => formatRows(loss[kind], nouns[kind]))
  return [`Of the previous database, these are missing. ${advice}`, ...lines]
}

function reportConfirmed(restored: string, confirmed: readonly Confirmed[]): readonly string[] {
  const missing = findMissingEvents(restored, confirmed)
  if (missing.count === 0) return ['All events that were confirmed are there.']
  return [
    `Of the events that your receivers have confirmed, these are missing. ${advice}`,
    formatRows(missing, 'events'),
  ]
}

function formatRows({ count, examples }: LostRows, noun: string): string {
  const more = count > examples.length && examples.length > 1 ? ['…'] : []
  return [`  ${noun}: ${count}`, ...[...examples, ...more].map((text) => `    ${text}`)].join('\n')
}
