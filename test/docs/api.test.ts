import { expect, test } from 'bun:test'
import { degradationReasons } from '~/domain/degradations.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { listConcerns } from '~/domain/overview.ts'
import { readPage } from '../support/pages.ts'
import { startMs } from '../support/samples.ts'

const page = readPage('docs/api.md')

const failing: Endpoint = {
  id: 'wh_1',
  url: 'https://hooks.example/licet',
  events: ['*'],
  description: null,
  state: 'enabled',
  secretSealed: 'sealed',
  formerSecret: null,
  failingSinceMs: startMs,
  createdAtMs: startMs,
}

const everything = listConcerns(
  {
    degradations: degradationReasons.map((reason) => ({ reason, detail: 'Do something.' })),
    endpoints: [failing, { ...failing, state: 'disabled_failing' }],
    checkout: {
      received: 0,
      unmatched: 1,
      waiting_for_customer: 0,
      waiting_for_purchase: 0,
      failed: 1,
    },
    failedMails: 1,
    awayEdges: [{ id: 'edge_1', name: 'eu-1' }],
    hasBackups: true,
    backupProblem: 'The disk is full.',
    lastBackupMs: null,
    isSecretGenerated: true,
  },
  startMs,
)

test('API docs: the table of what needs a person lists every code, and no other', () => {
  const rows = page.split('## The state of the server')[1]?.split('`GET /deliveries`')[0] ?? ''
  const listed = [...rows.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code),
  )
  const codes = new Set<string | undefined>(everything.map(({ code }) => code))
  expect(new Set(listed.filter((code) => code !== 'code'))).toEqual(codes)
})

test('overview: each entry says what to do', () => {
  const advice =
    /\b(Do|Look at|Repair|Read|Create|Make|Keep|Move|Send|Set|Free|Check|Stop|replay)\b/
  expect(everything.filter(({ detail }) => !advice.test(detail))).toEqual([])
})
