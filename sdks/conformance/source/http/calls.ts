import {
  call,
  checkStep,
  exactly,
  play,
  type Reply,
  refusedState,
  type Scenario,
  states,
} from './scenario.ts'

const lease: Reply = { send: 'lease' }
const down: Reply = { send: 'response', status: 503, body: '{"error":"down"}' }
const limit = { limit: 2, used: 2 }
const full: Reply = { send: 'problem', status: 409, code: 'DEVICE_LIMIT_REACHED', details: limit }
const plain = { pinned: false }
const noAnswer = { throws: 'NoAnswer' } as const
const restarted = { client: 'restarted' } as const
const deviceFull = {
  throws: 'ApiProblem',
  status: 409,
  code: 'DEVICE_LIMIT_REACHED',
  details: limit,
} as const
/** Scenarios of the calls besides `check` and those of seats. */
export function listCallScenarios(): Scenario[] {
  return [...listValidations(), ...listActivations(), listAdmin()]
}

function listValidations(): Scenario[] {
  const valid = { verdict: { valid: true } } as const
  const refused = { verdict: { valid: false, error: 'LICENSE_EXPIRED' } } as const
  const expired: Reply = { send: 'refusal', error: 'LICENSE_EXPIRED', message: 'Expired.' }
  const problem = { throws: 'ApiProblem', status: 422, code: 'invalid_fields' } as const
  return [
    play(
      'validate',
      'A validation returns the verdict, and stores the lease.',
      [lease],
      [call('validate', valid), checkStep(states.lease, restarted)],
      exactly(1),
    ),
    play(
      'validate-always',
      'A validation makes a request, although the lease needs none.',
      [lease],
      [checkStep(states.server), call('validate', valid)],
      exactly(2),
    ),
    play(
      'validate-refused',
      'A refusal is a result, not an error, and is stored.',
      [expired, down],
      [call('validate', refused), checkStep(refusedState('cache', 'LICENSE_EXPIRED'), restarted)],
      exactly(2),
    ),
    play(
      'validate-503',
      'A validation throws if there is no answer.',
      [down],
      [call('validate', noAnswer, { withinMs: 10_500 })],
      exactly(3),
    ),
    play(
      'validate-hosts-file',
      'A validation throws if the signature is missing.',
      [{ send: 'lease', unsigned: true }],
      [call('validate', noAnswer)],
      exactly(1),
    ),
    play(
      'validate-captive-portal',
      'A validation throws if a captive portal answers.',
      [{ send: 'response', status: 200, body: '<html></html>' }],
      [call('validate', noAnswer)],
      exactly(1),
      plain,
    ),
    play(
      'validate-422',
      'A problem of the request is thrown with its code.',
      [{ send: 'problem', status: 422, code: 'invalid_fields' }],
      [call('validate', problem)],
      exactly(1),
    ),
    play(
      'validate-403-page',
      'The block page of a firewall is no answer.',
      [{ send: 'response', status: 403, body: '<h1>Blocked</h1>' }],
      [call('validate', noAnswer)],
      exactly(1),
    ),
  ]
}

function listActivations(): Scenario[] {
  const path = { paths: ['/api/v1/activate'] }
  const activated = { id: 'act_01kf0000000000000000000002' }
  return [
    play(
      'activate',
      'An activation brings a lease, so that the next check needs no request.',
      [{ send: 'activation' }],
      [call('activate', activated), checkStep(states.lease, restarted)],
      exactly(1, { ...path, has: ['key', 'fingerprint', 'lease', 'nonce'] }),
    ),
    play(
      'activate-plain',
      'Without pinned keys, an activation is not signed.',
      [{ send: 'activation', unsigned: true }],
      [call('activate', activated)],
      exactly(1, { ...path, hasNot: ['lease', 'nonce'] }),
      plain,
    ),
    play(
      'activate-refused',
      'A refused activation is thrown with its code and details.',
      [full],
      [call('activate', deviceFull)],
      exactly(1, path),
    ),
    play(
      'activate-hosts-file',
      'An activation without a signature is no answer.',
      [{ send: 'activation', unsigned: true }],
      [call('activate', noAnswer), checkStep(states.unknown)],
      { min: 2, max: 2 },
    ),
    play(
      'activate-wrong-nonce',
      'Nor is one with the nonce of another request.',
      [{ send: 'activation', nonce: 'other' }],
      [call('activate', noAnswer)],
      exactly(1, path),
    ),
    play(
      'activate-503',
      'An activation is repeated, because it can be.',
      [down, { send: 'activation' }],
      [call('activate', activated)],
      exactly(2, { distinctMember: 'nonce' }),
    ),
    play(
      'activate-after-refusal',
      'An activation ends a refusal.',
      [
        { send: 'refusal', error: 'DEVICE_NOT_ACTIVATED', message: 'Activate it first.' },
        { send: 'activation' },
      ],
      [
        checkStep(refusedState('server', 'DEVICE_NOT_ACTIVATED')),
        call('activate', activated),
        checkStep(states.lease),
      ],
      exactly(2),
    ),
    play(
      'deactivate',
      'A deactivation deletes the record, so that the lease is gone.',
      [lease, { send: 'activation', unsigned: true }, down],
      [
        checkStep(states.server),
        call('deactivate', activated),
        checkStep(states.unknown, { ...restarted, withinMs: 10_500 }),
      ],
      exactly(5),
    ),
    play(
      'deactivate-refused',
      'A refused deactivation deletes nothing.',
      [lease, { send: 'problem', status: 403, code: 'self_deactivation_disabled' }],
      [
        checkStep(states.server),
        call('deactivate', {
          throws: 'ApiProblem',
          status: 403,
          code: 'self_deactivation_disabled',
        }),
        checkStep(states.lease, restarted),
      ],
      exactly(2),
    ),
  ]
}

function listAdmin(): Scenario {
  const headers = { 'content-type': 'application/json' }
  const created = JSON.stringify({ id: 'lic_01kf0000000000000000000001' })
  return play(
    'admin-create',
    'A license is created by one command: its repetition has the same Idempotency-Key. Only for SDKs for vendors.',
    [down, { send: 'response', status: 201, headers, body: created }],
    [call('admin.licenses.create', { id: 'lic_01kf0000000000000000000001' })],
    exactly(2, { paths: ['/api/v1/licenses', '/api/v1/licenses'], sameHeader: 'idempotency-key' }),
  )
}
