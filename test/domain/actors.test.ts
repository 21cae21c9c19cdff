import { expect, test } from 'bun:test'
import {
  type Actor,
  appActor,
  buildCheckoutActor,
  buildJobActor,
  formatActor,
  isAutomatic,
  parseActor,
  shellActor,
} from '~/domain/actors.ts'

const stored: readonly [actor: Actor, text: string][] = [
  [{ kind: 'key', id: 'key_1', name: 'Shop: prod' }, 'key:key_1:Shop: prod'],
  [{ kind: 'operator', id: 'op_1', name: 'Ada' }, 'operator:op_1:Ada'],
  [{ kind: 'customer', id: null, name: 'Ada' }, 'customer::Ada'],
  [shellActor, 'command:shell'],
  [buildJobActor('send-mails'), 'job:send-mails'],
  [buildCheckoutActor('stripe'), 'checkout:stripe'],
  [appActor, 'app'],
]

test.each(stored)('an actor is stored as readable text and read back: %j', (actor, text) => {
  expect(formatActor(actor)).toBe(text)
  expect(parseActor(text)).toEqual(actor)
})

const former: readonly [text: string, kind: Actor['kind']][] = [
  ['key_01jx', 'key'],
  ['shell', 'command'],
  ['start', 'command'],
]

test.each(former)('the actor %p of an earlier version is still read', (text, kind) => {
  expect(parseActor(text)).toEqual({ kind, id: text, name: null })
})

test('changes by apps, jobs and shops are automatic, those by people and API keys are not', () => {
  const automatic = stored.map(([actor]) => actor).filter(isAutomatic)
  expect(automatic.map(({ kind }) => kind)).toEqual(['job', 'checkout', 'app'])
})
