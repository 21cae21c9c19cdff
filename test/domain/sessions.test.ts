import { expect, test } from 'bun:test'
import { buildOperator } from '~/domain/operators.ts'
import {
  buildSession,
  computeSessionEnd,
  getSessionScopes,
  type Holder,
  isSessionLive,
  SESSION_IDLE_MS,
  SESSION_MAX_MS,
  toSessionCaller,
} from '~/domain/sessions.ts'
import { anApiKey, startMs } from '../support/samples.ts'

const operator = buildOperator({ id: 'op_1', name: 'Ada', createdAtMs: startMs })
const byOperator: Holder = { kind: 'operator', operator }
const place = { address: null, userAgent: null }
const aSession = (holder: Holder = byOperator) => buildSession('ses_1', holder, place, startMs)

const scopeCases: readonly [
  began: readonly string[],
  now: readonly string[],
  scopes: readonly string[],
][] = [
  [['*'], ['*'], ['*']],
  [['*'], ['licenses:read'], ['licenses:read']],
  [['licenses:read'], ['*'], ['licenses:read']],
  [['licenses:read', 'plans:read'], ['plans:read', 'usage:read'], ['plans:read']],
  [['licenses:read'], [], []],
]

test.each(scopeCases)(
  'the session of a key that had %j and has %j now has %j',
  (began, now, scopes) => {
    const holder: Holder = { kind: 'key', apiKey: anApiKey({ scopes: now }) }
    const session = { ...aSession(holder), scopes: began }
    expect(getSessionScopes(session)).toEqual(scopes)
    expect(toSessionCaller(session)).toMatchObject({ scopes, sessionId: session.id })
  },
)

test('a session ends after 12 hours without use, after 7 days, or with its API key', () => {
  const session = aSession()
  expect(isSessionLive(session, startMs + SESSION_IDLE_MS - 1)).toBe(true)
  expect(isSessionLive(session, startMs + SESSION_IDLE_MS)).toBe(false)
  expect(computeSessionEnd(session)).toBe(startMs + SESSION_IDLE_MS)
  const lastSeenAtMs = startMs + SESSION_MAX_MS - 1
  expect(isSessionLive({ ...session, lastSeenAtMs }, lastSeenAtMs)).toBe(true)
  expect(isSessionLive({ ...session, lastSeenAtMs }, lastSeenAtMs + 1)).toBe(false)
  expect(computeSessionEnd({ ...session, lastSeenAtMs })).toBe(startMs + SESSION_MAX_MS)
  const ofKey = aSession({ kind: 'key', apiKey: anApiKey({ expiresAtMs: startMs + 1 }) })
  expect([isSessionLive(ofKey, startMs), isSessionLive(ofKey, startMs + 1)]).toEqual([true, false])
  expect(computeSessionEnd(ofKey)).toBe(startMs + 1)
  const disabled = aSession({ kind: 'operator', operator: { ...operator, disabledAtMs: startMs } })
  expect(isSessionLive(disabled, startMs)).toBe(false)
})
