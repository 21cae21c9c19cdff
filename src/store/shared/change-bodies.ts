import type { ActivationKey } from '~/domain/activations.ts'
import type { Commit } from '../port.ts'
import type { Touched } from './touched.ts'

/** Licenses and activations in a row. Of more, it only says that anything may have changed. */
const KEYS_MAX = 2000

const flags = [
  'touchesPlans',
  'touchesApiKeys',
  'touchesEdges',
  'touchesOutbox',
  'touchesCheckout',
  'touchesMails',
  'touchesSigningKeys',
  'touchesRevocations',
] as const satisfies readonly (keyof Touched & keyof Commit)[]

type Flag = (typeof flags)[number]

/** The JSON of a row. It is only read by the same version, or one that clears its caches. */
interface Body {
  readonly all?: true
  readonly licenses?: readonly string[]
  readonly activations?: readonly (readonly [
    licenseId: string,
    kind: ActivationKey['kind'],
    value: string,
  ])[]
  readonly flags?: readonly Flag[]
}

/** Another program may have changed anything. */
export const externalCommit: Commit = {
  licenseIds: [],
  activations: [],
  ...(Object.fromEntries(flags.map((flag) => [flag, true])) as Record<Flag, true>),
  isExternal: true,
}

const format = (body: Body) => JSON.stringify(body)

export const emptyBody = format({})
export const allBody = format({ all: true })

/** Returns the body of a row for the changes of a transaction; null if there are none. */
export function formatBody(touched: Touched): string | null {
  const { licenseIds, activations } = touched
  const raised = flags.filter((flag) => touched[flag])
  const keys = licenseIds.size + activations.length
  if (keys > KEYS_MAX) return allBody
  if (keys + raised.length === 0) return null
  return format({
    licenses: [...licenseIds],
    activations: activations.map(({ licenseId, kind, value }) => [licenseId, kind, value]),
    flags: raised,
  })
}

/** Returns the commit that a row is about. */
export function parseBody(text: string): Commit {
  const { all, licenses = [], activations = [], flags: raised = [] }: Body = JSON.parse(text)
  if (all === true) return externalCommit
  const isRaised = (flag: Flag) => [flag, raised.includes(flag)]
  return {
    licenseIds: licenses,
    activations: activations.map(([licenseId, kind, value]) => ({ licenseId, kind, value })),
    ...(Object.fromEntries(flags.map(isRaised)) as Record<Flag, boolean>),
    isExternal: false,
  }
}
