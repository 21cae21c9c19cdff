import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Deps } from '~/deps.ts'
import type { ActivationQuery, LicenseState } from '~/domain/activations.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import { decideIssuance } from '~/domain/issuance.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { planDefaults } from '~/domain/plans.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal } from '~/domain/seats.ts'
import { decideActivation, decideRemoval } from '~/domain/slots.ts'
import { mintKey } from '~/http/management/license-keys.ts'
import { readConfig } from '~/platform/config.ts'
import { createDefaultProduct } from '~/server/bootstrap.ts'
import { openRuntime } from '~/server/runtime.ts'
import { databasePath } from '~/store/sqlite/connection.ts'

const help = `Compares a license that has many devices and seats with one that has a single one.

Usage:
  bench/slots

Options (default):
  --devices N  devices, and as many seats (100000)
  --rounds N   rounds per operation (200)`

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
})
const PLAN = 'slots'
const [devices, rounds] = [Number(values.devices), Number(values.rounds)]

if (values.help) console.log(help)
else await compare()

async function compare(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-slots-'))
  const env = { LICET_DATA_DIR: directory, LICET_LOG_LEVEL: 'silent' }
  const runtime = openRuntime(readConfig(env, false))
  const { deps } = runtime
  try {
    await createDefaultProduct(deps)
    const [one, many] = await issueTwo(deps)
    fill(directory, one.license.id, 1)
    fill(directory, many.license.id, devices)
    const columns = ['1 device', `${devices}`, 'ratio'].map((column) => column.padStart(12))
    console.log('Median in µs'.padEnd(38) + columns.join(''))
    for (const [name, run] of Object.entries(buildOperations(deps))) {
      const [first, second] = await takeTurns(run, one, many)
      const ratio = (second / first).toFixed(2)
      console.log(
        name.padEnd(38) +
          formatMicroseconds(first) +
          formatMicroseconds(second) +
          ratio.padStart(12),
      )
    }
  } finally {
    await runtime[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  }
}

function formatMicroseconds(durationMs: number): string {
  return (durationMs * 1000).toFixed(0).padStart(12)
}

async function issueTwo(deps: Deps): Promise<[LicenseSnapshot, LicenseSnapshot]> {
  const { store, createId } = deps
  const context = { actor: 'bench', requestId: 'bench', nowMs: Date.now(), idempotency: null }
  const terms = { ...planDefaults, name: PLAN, evictIdleDays: 30, maxSeats: devices * 2 }
  await store.plans.create({ ...terms, slug: PLAN, productSlug: 'default' }, context)
  const order = () => ({
    id: createId('lic'),
    key: mintKey(deps, 'TO'),
    customerEmail: 'dev@example.com',
    customerName: null,
    expiresAtMs: undefined,
    overrides: {},
    metadata: {},
    externalRef: null,
    domains: ['example.com'],
  })
  const records = await store.licenses.create({ planSlug: PLAN }, context, (state) =>
    decideIssuance(state, [order(), order()], () => createId('act'), Date.now()),
  )
  const [one, many] = records ?? []
  if (one === undefined || many === undefined) throw new Error('No license was created.')
  return [one, many]
}

/** Writes rows in SQL, because 100,000 activations through the store would take minutes. */
function fill(directory: string, licenseId: string, count: number): void {
  const db = new Database(databasePath(directory), { strict: true })
  const numbers =
    'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $count)'
  const parameters = { count, licenseId, nowMs: Date.now() }
  db.query(
    `${numbers} INSERT INTO activations
     SELECT 'act_' || $licenseId || i, $licenseId, 'device', 'device-' || i, NULL, NULL, 0, NULL,
       $nowMs, $nowMs - i FROM n`,
  ).run(parameters)
  db.query(
    `${numbers} INSERT INTO seats
     SELECT 'seat_' || $licenseId || i, $licenseId, 'user-' || i, NULL, $nowMs, $nowMs + 3600000 FROM n`,
  ).run(parameters)
  db.query('UPDATE licenses SET devices_used = $count WHERE id = $licenseId').run({
    count,
    licenseId,
  })
  db.close()
}

type Operation = (snapshot: LicenseSnapshot) => Promise<unknown>

function buildOperations({ store, createId }: Deps): Record<string, Operation> {
  const context = () => ({
    actor: 'app',
    requestId: 'bench',
    nowMs: Date.now(),
    idempotency: null,
  })
  const find =
    (query: ActivationQuery): Operation =>
    (snapshot) =>
      store.validations.findActivationState(snapshot, query)
  const newcomer = () => ({ id: createId('act'), name: null, country: null, nowMs: Date.now() })
  const target = { kind: 'device', fingerprint: 'new' } as const
  const fingerprint = 'new'

  return {
    'Find a cached device': find({ intent: 'validate', fingerprint: 'device-1' }),
    'Find a device in the database': find({
      intent: 'activate',
      target: { kind: 'device', fingerprint: 'device-1' },
    }),
    'Find an unknown device': find({ intent: 'validate', fingerprint }),
    'Find an unknown domain': find({
      intent: 'validate',
      hostname: parseHostname('staging.example.com'),
    }),
    'Activate and remove a device': async ({ license: { id } }) => {
      const activated = await store.licenses.change(
        id,
        { intent: 'activate', target },
        context(),
        (state) => decideActivation(state, target, newcomer()),
      )
      const activationId = activated && 'id' in activated.result ? activated.result.id : ''
      await store.licenses.change(id, { intent: 'remove', activationId }, context(), decideRemoval)
    },
    'List the newest activation': ({ license: { id } }) =>
      store.activations.list(id, { limit: 1, after: null }),
    'Renew a seat': ({ license: { id } }) => {
      const nowMs = Date.now()
      const seat = { fingerprint: 'user-1' }
      return store.licenses.change(id, { intent: 'seat', seat, nowMs }, context(), (state) =>
        decideSeatRenewal(state, nowMs),
      )
    },
    'Acquire and release a seat': async ({ license: { id } }) => {
      const nowMs = Date.now()
      const change = (decide: (state: LicenseState) => ReturnType<typeof decideRelease>) =>
        store.licenses.change(
          id,
          { intent: 'seat', seat: { fingerprint }, nowMs },
          context(),
          decide,
        )
      await change((state) =>
        decideAcquisition(state, { fingerprint, name: null }, createId('seat'), nowMs),
      )
      await change((state) => decideRelease(state, nowMs))
    },
  }
}

/** Returns the medians in ms, measured in turns, so that a slow phase of the machine affects both. */
async function takeTurns(
  run: Operation,
  one: LicenseSnapshot,
  many: LicenseSnapshot,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, snapshot] of [one, many].entries()) {
      const startedAtMs = performance.now()
      await run(snapshot)
      times[index]?.push(performance.now() - startedAtMs)
    }
  }
  return [median(times[0]), median(times[1])]
}

function median(times: readonly number[]): number {
  return times.toSorted((first, second) => first - second)[times.length >> 1] ?? Number.NaN
}
