import {
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
const plain = { pinned: false }
const message = 'This license has been revoked.'
const revoked: Reply = { send: 'refusal', error: 'LICENSE_REVOKED', message }
const portal: Reply = {
  send: 'response',
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>Please accept our terms.</body></html>',
}

/** Scenarios about verdicts, and about responses that are none. */
export function listAnswerScenarios(): Scenario[] {
  return [...listVerdicts(), ...listFakes(), ...listFakesWithRecord(), ...listRefusals()]
}

function listVerdicts(): Scenario[] {
  const once = exactly(1, {
    paths: ['/api/v1/validate'],
    has: ['key', 'product', 'fingerprint', 'lease', 'nonce'],
    hasNot: ['features'],
  })
  const restarted = { client: 'restarted' } as const
  return [
    play(
      'lease',
      'A check asks for a lease with a nonce, and is licensed by the answer.',
      [lease],
      [checkStep(states.server)],
      once,
    ),
    play(
      'lease-kept',
      'A second check, and one after a restart, are answered by the lease without a request.',
      [lease],
      [checkStep(states.server), checkStep(states.lease), checkStep(states.lease, restarted)],
      once,
    ),
    play(
      'lease-next-key',
      'A lease of the next key is accepted.',
      [{ send: 'lease', key: 'next' }],
      [checkStep(states.server)],
      once,
    ),
    play(
      'lease-empty-features',
      'A lease without features is accepted, also from the store.',
      [{ send: 'lease', features: {} }],
      [checkStep(states.server), checkStep(states.lease, restarted)],
      once,
    ),
    play(
      'answer',
      'An answer without a lease licenses the app, but nothing is stored.',
      [{ send: 'answer' }, down],
      [checkStep(states.server), checkStep(states.unknown, restarted)],
      { min: 2, max: 4 },
    ),
    play(
      'plain',
      'Without pinned keys, a check sends neither nonce nor lease, and the answer is stored.',
      [{ send: 'lease', unsigned: true }],
      [checkStep(states.server), checkStep(states.cache, restarted)],
      exactly(1, {
        has: ['key', 'product', 'fingerprint'],
        hasNot: ['nonce', 'lease', 'features'],
      }),
      plain,
    ),
    play(
      'features',
      'Features are checked by the client, and never sent.',
      [lease],
      [
        checkStep(refusedState('server', 'FEATURE_NOT_INCLUDED'), {
          with: { features: ['audit'] },
        }),
        checkStep(states.lease),
        checkStep(states.lease, { with: { features: ['sso'] } }),
      ],
      once,
    ),
    play(
      'fresh',
      'A fresh check makes a request, although the lease needs none.',
      [lease],
      [checkStep(states.server), checkStep(states.server, { with: { fresh: true } })],
      exactly(2, { distinctMember: 'nonce' }),
    ),
    play(
      'at-once',
      'Calls at the same time share one request.',
      [{ send: 'lease', delayMs: 1500 }],
      [checkStep(states.server, { times: 5 })],
      once,
    ),
  ]
}

/** Responses that are no answer, and that another attempt would not change. */
const fakes: readonly (readonly [id: string, what: string, reply: Reply])[] = [
  ['captive-portal', 'A captive portal with status 200', portal],
  ['html-404', 'A page with status 404', { ...portal, status: 404 }],
  ['empty-200', 'An empty response', { send: 'response', status: 200 }],
  [
    'json-200',
    'JSON that is not a verdict',
    { send: 'response', status: 200, body: '{"ok":true}' },
  ],
  [
    'hosts-file',
    'A fake server that says valid without a signature',
    { send: 'lease', unsigned: true },
  ],
  ['wrong-key', 'A fake server that signs with its own key', { send: 'lease', key: 'stranger' }],
  [
    'forged-kid',
    'A fake server that signs with its own key under a pinned kid',
    { send: 'lease', key: 'stranger-as-active' },
  ],
  ['broken-signature', 'A lease with a broken signature', { send: 'lease', broken: true }],
  ['wrong-nonce', 'A lease with the nonce of another request', { send: 'lease', nonce: 'other' }],
  ['no-nonce', 'A lease without a nonce', { send: 'lease', nonce: 'none' }],
  [
    'other-request',
    'The signature of an answer to another request',
    { send: 'lease', request: 'other' },
  ],
  ['no-request', 'A lease without the hash of a request', { send: 'lease', request: 'none' }],
  [
    'other-route',
    'The grant of a seat, to which a proxy has sent the same request,',
    { send: 'lease', route: '/seats/acquire' },
  ],
  [
    'other-route-refusal',
    'The refusal of a seat, to which a proxy has sent the same request,',
    { send: 'refusal', error: 'SEAT_LIMIT_REACHED', message: 'Full.', route: '/seats/acquire' },
  ],
  ['fake-refusal', 'A refusal without a signature', { ...revoked, unsigned: true }],
  ['fake-refusal-key', 'A refusal signed with another key', { ...revoked, key: 'stranger' }],
  [
    'fake-404',
    'An unknown key without a signature',
    {
      send: 'refusal',
      error: 'LICENSE_NOT_FOUND',
      message: 'Unknown.',
      status: 404,
      unsigned: true,
    },
  ],
  [
    'redirect',
    'A redirect, which is not followed,',
    { send: 'response', status: 302, headers: { location: '/elsewhere' } },
  ],
  [
    'redirect-307',
    'A redirect that keeps the method',
    { send: 'response', status: 307, headers: { location: '/elsewhere' } },
  ],
  ['forbidden', 'The block page of a firewall', { ...portal, status: 403 }],
]

function listFakes(): Scenario[] {
  return fakes.map(([id, what, reply]) =>
    play(
      id,
      `${what} is no answer: an app without a record is unknown after one request.`,
      [reply],
      [checkStep(states.unknown)],
      exactly(1, { paths: ['/api/v1/validate'] }),
    ),
  )
}

function listFakesWithRecord(): Scenario[] {
  return [
    ...fakes.map(([id, what, reply]) =>
      play(
        `${id}-licensed`,
        `${what} is no answer: an app with a lease stays licensed.`,
        [lease, reply],
        [
          checkStep(states.server),
          checkStep(states.lease, { with: { fresh: true } }),
          checkStep(states.lease, { client: 'restarted' }),
        ],
        exactly(2),
      ),
    ),
    play(
      'stale-signature',
      'An earlier response that is sent again is no answer.',
      [lease, { send: 'replay' }],
      [
        checkStep(states.server),
        checkStep(states.lease, { with: { fresh: true } }),
        checkStep(states.unknown, { client: 'empty' }),
      ],
      exactly(3),
    ),
  ]
}

function listRefusals(): Scenario[] {
  const notFound: Reply = {
    send: 'refusal',
    error: 'LICENSE_NOT_FOUND',
    message: 'No license has this key.',
    status: 404,
  }
  const refused = refusedState('server', 'LICENSE_REVOKED')
  const stillRefused = refusedState('cache', 'LICENSE_REVOKED')
  const restarted = { client: 'restarted' } as const
  const unsigned = { unsigned: true } as const
  return [
    play(
      'refusal',
      'A refusal decides at once, without another attempt.',
      [revoked],
      [checkStep(refused)],
      exactly(1),
    ),
    play(
      'refusal-404',
      'A verdict with status 404 is a refusal.',
      [notFound],
      [checkStep(refusedState('server', 'LICENSE_NOT_FOUND'))],
      exactly(1),
    ),
    play(
      'refusal-plain',
      'Without pinned keys, a refusal needs no signature.',
      [{ ...revoked, ...unsigned }],
      [checkStep(refused)],
      exactly(1),
      plain,
    ),
    play(
      'refusal-404-plain',
      'The same with status 404.',
      [{ ...notFound, ...unsigned }],
      [checkStep(refusedState('server', 'LICENSE_NOT_FOUND'))],
      exactly(1),
      plain,
    ),
    play(
      'revoked-in-outage',
      'A revoked license stays refused through an outage and a restart.',
      [lease, revoked, down],
      [
        checkStep(states.server),
        checkStep(refused, { with: { fresh: true } }),
        checkStep(stillRefused),
        checkStep(stillRefused, restarted),
      ],
      exactly(4),
    ),
    play(
      'revoked-in-outage-plain',
      'The same without pinned keys.',
      [{ ...lease, ...unsigned }, { ...revoked, ...unsigned }, down],
      [
        checkStep(states.server),
        checkStep(refused, { with: { fresh: true } }),
        checkStep(stillRefused, restarted),
      ],
      exactly(3),
      plain,
    ),
    play(
      'revoked-hosts-file',
      'A fake server that says valid does not help a revoked license.',
      [revoked, { send: 'lease', unsigned: true }],
      [checkStep(refused), checkStep(stillRefused)],
      exactly(2),
    ),
    play(
      'reinstated',
      'A valid answer ends a refusal.',
      [revoked, lease],
      [checkStep(refused), checkStep(states.server), checkStep(states.lease, restarted)],
      exactly(2),
    ),
  ]
}
