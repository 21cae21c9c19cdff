/** Every kind of actor: `command` is the command line or a start of the server. */
export const actorKinds = [
  'key',
  'operator',
  'app',
  'customer',
  'checkout',
  'command',
  'job',
] as const
export type ActorKind = (typeof actorKinds)[number]

/** The origin of a change: an API key, a person, or a part of the program. */
export interface Actor {
  readonly kind: ActorKind
  /** The ID of the API key or operator, or the name of the job, command or provider. */
  readonly id: string | null
  /** The name that the API key or operator had at the time. */
  readonly name: string | null
}

/** A caller of management routes: an API key, or a session in a browser. */
export interface Caller {
  readonly actor: Actor & { readonly id: string }
  readonly scopes: readonly string[]
  /** When its credential expires, which API keys that it creates must not outlive; null for never. */
  readonly expiresAtMs: number | null
  /** The session of the request, if it has one. Whatever it receives may be on a screen. */
  readonly sessionId?: string
}

const buildActor = (kind: ActorKind, id: string | null = null): Actor => ({ kind, id, name: null })

/** Requests of apps, which have no API key. */
export const appActor = buildActor('app')
/** A user of the command line. */
export const shellActor = buildActor('command', 'shell')
/** The server while it starts. */
export const startActor = buildActor('command', 'start')

/** Builds the actor of a job. */
export function buildJobActor(name: string): Actor {
  return buildActor('job', name)
}

/** Builds the actor of the events of a provider. */
export function buildCheckoutActor(provider: string): Actor {
  return buildActor('checkout', provider)
}

/** Whether changes by this actor are automatic and numerous; the event log has them. */
export function isAutomatic({ kind }: Actor): boolean {
  return kind === 'app' || kind === 'job' || kind === 'checkout'
}

/** Returns `kind:id:name` without empty parts at its end, as the audit stores an actor. */
export function formatActor({ kind, id, name }: Actor): string {
  if (name !== null) return `${kind}:${id ?? ''}:${name}`
  return id === null ? kind : `${kind}:${id}`
}

/** Reads an actor of the audit, also of earlier versions: `key_…`, `shell`, `start` and `job:…`. */
export function parseActor(text: string): Actor {
  const [word = '', id = '', ...rest] = text.split(':')
  const kind = actorKinds.find((known) => known === word)
  if (kind === undefined) return buildActor(text.startsWith('key_') ? 'key' : 'command', text)
  const name = rest.length === 0 ? null : rest.join(':')
  return { kind, id: id === '' ? null : id, name }
}
