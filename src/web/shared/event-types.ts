import { eventTypes } from '~/domain/events.ts'

/** The groups of event types, such as `license`. */
export const eventGroups = [...new Set(eventTypes.map(groupOf))]

export function groupOf(type: string): string {
  return type.slice(0, type.indexOf('.'))
}

export const typesOfGroup = (group: string): readonly string[] =>
  eventTypes.filter((type) => groupOf(type) === group)

/** The choices of a filter by type: all, a group, or one type. */
export const eventTypeOptions: readonly (readonly [value: string, text: string])[] = [
  ['', 'All types'],
  ...eventGroups.flatMap((group): (readonly [string, string])[] => {
    const types = typesOfGroup(group)
    const own = types.map((type) => [type, type] as const)
    return types.length > 1 ? [[`${group}.*`, `${group}.* (all)`], ...own] : own
  }),
]
