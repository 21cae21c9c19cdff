import type { AuditEntry } from '~/wire/audit.ts'

type Actor = AuditEntry['actor']

/** Names the origin of a change as a sentence would, such as `Ada` or `API key “billing”`. */
export function nameActor({ kind, id, name }: Actor): string {
  switch (kind) {
    case 'operator':
      return name ?? 'an operator'
    case 'key':
      return `API key ${name === null ? (id ?? '') : `“${name}”`}`.trim()
    case 'checkout':
      return id === null ? 'the shop' : `the shop (${id})`
    case 'command':
      return 'the command line'
    case 'job':
      return 'Licet'
    case 'app':
      return 'the app'
    case 'customer':
      return 'the customer'
  }
}
