import { expect, test } from 'bun:test'
import { KeygenError } from '~/wire/compat/keygen-errors.ts'
import {
  parseKeyValidation,
  parseMachine,
  parseValidation,
  toScope,
} from '~/wire/compat/keygen-requests.ts'

const machine = (attributes: object = {}, more: object = {}) => ({
  data: {
    type: 'machines',
    attributes: { fingerprint: 'mac-1', ...attributes },
    relationships: { license: { data: { type: 'licenses', id: 'lic-1' } } },
    ...more,
  },
})

/** Returns the error of a body that must not be accepted. */
function errorOf(parse: () => unknown): object {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof KeygenError)) throw error
    const { status, problem } = error
    return { status, ...problem }
  }
  throw new Error('The body was accepted.')
}

const badRequest = (detail: string, pointer: string) => ({
  status: 400,
  title: 'Bad request',
  detail,
  source: { pointer },
})

test.each([
  ['an empty body', null, 'is missing', '/meta'],
  ['no meta', {}, 'is missing', '/meta'],
  ['no key', { meta: {} }, 'is missing', '/meta/key'],
  ['an empty key', { meta: { key: '' } }, 'cannot be blank', '/meta/key'],
  [
    'a key that is a number',
    { meta: { key: 1 } },
    'type mismatch (received integer expected string)',
    '/meta/key',
  ],
  ['a key that is null', { meta: { key: null } }, 'cannot be null', '/meta/key'],
  ['a key that is too long', { meta: { key: 'x'.repeat(8193) } }, 'is too long', '/meta/key'],
  [
    'a scope that is a text',
    { meta: { key: 'x', scope: 'mac-1' } },
    'type mismatch (received string expected object)',
    '/meta/scope',
  ],
  [
    'fingerprints that are a text',
    { meta: { key: 'x', scope: { fingerprints: 'mac-1' } } },
    'type mismatch (received string expected array)',
    '/meta/scope/fingerprints',
  ],
  [
    'a nonce that is a text',
    { meta: { key: 'x', nonce: '1' } },
    'type mismatch (received string expected integer)',
    '/meta/nonce',
  ],
])('Keygen: a validation with %s gets 400 and a pointer', (_title, body, detail, pointer) => {
  expect(errorOf(() => parseKeyValidation(body))).toEqual(badRequest(detail, pointer))
})

test('Keygen: a validation by ID needs no body, and ignores unknown fields', () => {
  expect(parseValidation(null)).toEqual({ nonce: undefined, scope: undefined })
  expect(parseValidation({ meta: { nonce: 7, scope: { product: 'p' }, other: 1 } })).toEqual({
    nonce: 7,
    scope: { product: 'p' },
  })
})

test('Keygen: several fingerprints are one list without repetitions and empty texts', () => {
  expect(toScope({ fingerprints: ['a', 'b', 'a', ''] }).fingerprints).toEqual(['a', 'b'])
  expect(toScope({ fingerprint: 'a', fingerprints: ['b'] }).fingerprints).toEqual(['a'])
  expect(toScope({ fingerprint: '' }).fingerprints).toEqual([])
  expect(toScope({}).fingerprints).toBeUndefined()
})

test('Keygen: a machine has what the app has sent, without what Licet does not know', () => {
  const attributes = { name: "Ada's Mac", hostname: 'adas-mac', platform: 'macOS', cores: 8, x: 1 }
  expect(parseMachine(machine(attributes))).toEqual({
    id: null,
    licenseId: 'lic-1',
    fingerprint: 'mac-1',
    name: "Ada's Mac",
    hostname: 'adas-mac',
    platform: 'macOS',
    ip: null,
    cores: 8,
  })
})

test('Keygen: a machine may have an ID that the app has chosen', () => {
  const id = '00000000-0000-4000-8000-00000000000A'
  expect(parseMachine(machine({}, { id })).id).toBe(id.toLowerCase())
  expect(parseMachine(machine({}, { id: '' })).id).toBeNull()
  expect(errorOf(() => parseMachine(machine({}, { id: '7' })))).toEqual(
    badRequest('type mismatch (received string expected UUID string)', '/data/id'),
  )
})

test.each([
  ['an empty body', null, 'is missing', '/data'],
  [
    'another type',
    machine({}, { type: 'licenses' }),
    'must be one of: machines, machine',
    '/data/type',
  ],
  [
    'no fingerprint',
    machine({ fingerprint: undefined }),
    'is missing',
    '/data/attributes/fingerprint',
  ],
  ['no license', machine({}, { relationships: {} }), 'is missing', '/data/relationships/license'],
  [
    'a name that is a number',
    machine({ name: 1 }),
    'type mismatch (received integer expected string)',
    '/data/attributes/name',
  ],
])('Keygen: a machine with %s gets 400 and a pointer', (_title, body, detail, pointer) => {
  expect(errorOf(() => parseMachine(body))).toEqual(badRequest(detail, pointer))
})

test.each([
  ['blanks', 'FINGERPRINT_MISSING', '  '],
  ['256 characters', 'FINGERPRINT_TOO_LONG', 'x'.repeat(256)],
  ['a NUL', 'FINGERPRINT_INVALID', 'a\0b'],
])('Keygen: a fingerprint of %s gets 422 %s', (_title, code, fingerprint) => {
  expect(errorOf(() => parseMachine(machine({ fingerprint })))).toMatchObject({
    status: 422,
    title: 'Unprocessable resource',
    code,
    source: { pointer: '/data/attributes/fingerprint' },
  })
})
