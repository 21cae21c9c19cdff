import type { AuditEntry } from '~/wire/audit.ts'
import type { Event } from '~/wire/events.ts'

/** One step in the history of a license, from the event log, from the audit, or from both. */
export interface Step {
  readonly id: string
  readonly at: string
  /** The type of the event, or the action of the audit if there is no event. */
  readonly type: string
  /** Null if the audit has no entry, or the person may not read it. */
  readonly actor: AuditEntry['actor'] | null
  readonly changes: readonly FieldChange[]
  /** Other values of the step: an activation, a reason or a limit. */
  readonly facts: Readonly<Record<string, unknown>>
}

export interface FieldChange {
  readonly name: string
  readonly before: unknown
  readonly after: unknown
}

/** The types of events that an action of the audit leads to. Other actions lead to none. */
const eventsOf: Readonly<Record<string, RegExp>> = {
  'license.create': /^license\.created$/,
  'license.rekey': /^license\.key_rotated$/,
  'license.update':
    /^license\.(?:activated|updated|renewed|suspended|reinstated|expiring|expired|revoked|key_rotated)$/,
  'activation.create': /^activation\.created$/,
  'activation.delete': /^activation\.deleted$/,
}

/**
 * Merges the events of a license with the audit, newest first: an event gets the actor of the entry that
 * belongs to it. Both lists are newest first, and their times are in seconds.
 */
export function mergeHistory(events: readonly Event[], entries: readonly AuditEntry[]): Step[] {
  const left = new Set(entries)
  const steps = events.map((event) => {
    const matching = [...left].filter((entry) => belongsTo(entry, event))
    const own = chooseEntries(matching, event)
    for (const entry of own) left.delete(entry)
    return toStep(event, own)
  })
  const others = [...left].map(toAuditStep)
  return [...steps, ...others].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
}

function belongsTo(entry: AuditEntry, { type, timestamp }: Event): boolean {
  return entry.at === timestamp && (eventsOf[entry.action]?.test(type) ?? false)
}

/** Of several activations in one second, each has the event with its ID. A rotation has two entries. */
function chooseEntries(matching: readonly AuditEntry[], { type, data }: Event): AuditEntry[] {
  if (type === 'license.key_rotated') return [...matching]
  const { activation } = data
  if (!isRecord(activation)) return matching.slice(0, 1)
  const same = matching.find(({ before, after }) => (after ?? before)?.id === activation.id)
  return same === undefined ? [] : [same]
}

function toStep(event: Event, [entry]: readonly AuditEntry[]): Step {
  const { license, previous, sequence: _number, ...facts } = event.data
  return {
    id: event.id,
    at: event.timestamp,
    type: event.type,
    actor: entry?.actor ?? null,
    changes:
      isRecord(previous) && isRecord(license)
        ? listChanges(previous, license).filter(({ name }) => concerns(event.type, name))
        : [],
    facts,
  }
}

const places = /^(?:domains|domains_count|devices)$/
const activation = /^(?:activated_at|expires_at|starts_on)$/

/** Events of one transaction have all its changes, so each shows those that it is about. */
function concerns(type: string, name: string): boolean {
  if (type.startsWith('activation.')) return places.test(name)
  if (type === 'license.activated') return activation.test(name)
  // The step says itself what has happened when.
  return !places.test(name) && !/^(?:suspended|revoked|activated)_at$/.test(name)
}

function toAuditStep({ number, at, action, actor, before, after }: AuditEntry): Step {
  const isChange = before !== null && after !== null
  return {
    id: `audit ${number}`,
    at,
    type: action,
    actor,
    changes: isChange ? listChanges(before, after) : [],
    facts: isChange ? {} : (after ?? before ?? {}),
  }
}

type Values = Readonly<Record<string, unknown>>

const listChanges = (before: Values, after: Values): FieldChange[] =>
  Object.keys(before).map((name) => ({ name, before: before[name], after: after[name] }))

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list that is loaded in part. `cursor` is null at its end. */
export interface Part<Item> {
  readonly data: readonly Item[]
  readonly cursor: string | null
}

/** Returns the steps that are complete: none that is older than what is loaded of either list. */
export function listCompleteSteps(events: Part<Event>, entries: Part<AuditEntry>): Step[] {
  const steps = mergeHistory(events.data, entries.data)
  const oldest = [oldestOf(events, ({ timestamp }) => timestamp), oldestOf(entries, ({ at }) => at)]
  return steps.filter(({ at }) => oldest.every((limit) => limit === null || at > limit))
}

/** Null at the end of a list: then nothing older is missing. */
function oldestOf<Item>({ data, cursor }: Part<Item>, timeOf: (item: Item) => string) {
  const last = data.at(-1)
  return cursor === null || last === undefined ? null : timeOf(last)
}
