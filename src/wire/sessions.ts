import type { Static } from '@sinclair/typebox'
import * as domain from '~/domain/sessions.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Scope } from './api-keys.ts'
import { exampleId, Name, Time } from './fields.ts'
import { Type } from './type.ts'

const TOKEN_LENGTH_MAX = 256

const Named = Type.Object({ id: Type.String(), name: Type.String() }, { title: 'SessionHolder' })

const example = {
  id: exampleId('ses'),
  operator: { id: exampleId('op'), name: 'Ada Lovelace' },
  api_key: null,
  scopes: ['*'],
  created_at: '2026-03-06T00:00:00Z',
  last_seen_at: '2026-03-06T08:00:00Z',
  expires_at: '2026-03-06T20:00:00Z',
  address: '192.0.2.0',
  user_agent: 'Mozilla/5.0',
}

export const Session = Type.Response(
  'Session',
  'A browser that is signed in: by an operator, or by an API key.',
  example,
  {
    id: Type.String(),
    operator: Type.Nullable(Named),
    api_key: Type.Nullable(Named),
    scopes: Type.Array(Scope, {
      description: 'The scopes of the operator or API key, as they are now.',
    }),
    created_at: Time,
    last_seen_at: Time,
    expires_at: Time,
    address: Type.Nullable(Type.Described('As LICET_IP_STORAGE says; null for none.')),
    user_agent: Type.Nullable(Type.String()),
  },
)
export type Session = Static<typeof Session>

export const CurrentSession = Type.Response(
  'CurrentSession',
  'The session of the cookie; null without a valid one.',
  { session: example },
  { session: Type.Nullable(Session) },
)
export type CurrentSession = Static<typeof CurrentSession>

export const SignInBody = Type.Request(
  'SignInRequest',
  [
    { token: 'licet_7Kq2ZtB9xWmR4vN8sJ1cLpD6hF3gYa0eU5iO' },
    { setup: 'an-example-of-a-setup-token', name: 'Ada Lovelace' },
  ],
  {
    token: Type.Optional(Type.Text(TOKEN_LENGTH_MAX, 'The token of an API key.')),
    setup: Type.Optional(Type.Text(TOKEN_LENGTH_MAX, 'The token at the end of a setup link.')),
    name: Type.Optional(Name),
  },
)
export type SignInBody = Static<typeof SignInBody>

export const EndSessionsQuery = Type.Query({
  keep_own: Type.Optional(
    Type.Literals(['true', 'false'], {
      description: 'Whether the session of this request is kept. Default: false.',
    }),
  ),
})

export const EndedSessions = Type.Response(
  'EndedSessions',
  'How many sessions have ended.',
  { ended: 3 },
  { ended: Type.Count('How many sessions have ended.') },
)

export function presentSession(session: domain.Session): Session {
  const { holder } = session
  return {
    id: session.id,
    operator: holder.kind === 'operator' ? presentNamed(holder.operator) : null,
    api_key: holder.kind === 'key' ? presentNamed(holder.apiKey) : null,
    scopes: [...domain.getSessionScopes(session)],
    created_at: toTimestamp(session.createdAtMs),
    last_seen_at: toTimestamp(session.lastSeenAtMs),
    expires_at: toTimestamp(domain.computeSessionEnd(session)),
    address: session.address,
    user_agent: session.userAgent,
  }
}

const presentNamed = ({ id, name }: Static<typeof Named>) => ({ id, name })
