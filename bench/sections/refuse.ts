import { randomBytes } from '~/deps.ts'
import { generateKey } from '~/domain/keys.ts'
import { buildRequests } from '../load.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { startLicet } from '../servers.ts'
import { listRatios, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

const KEY_BYTES = 9
/** Each with an address that may fail 30 times per minute. */
const UNKNOWN_KEYS = 100_000
/** No slower than valid ones, except for what differs from run to run. */
const NO_SLOWER = 1.03

/** Compares refused and unknown keys with valid ones, all from many addresses behind a proxy. */
export async function measureRefusals(run: Run): Promise<void> {
  const { report, rounds, seconds, licenses } = run
  using workspace = await run.openWorkspace(licenses)
  const { keys, licetDirectory, logPath } = workspace
  const quarter = licenses / 4
  changeLicenses(workspace, quarter)
  await using server = await startLicet(licetDirectory, logPath, {
    LICET_TRUSTED_PROXIES: '127.0.0.1',
  })
  const bodies = buildBodies(keys)
  const quarters = [0, 1, 2, 3].map((index) => bodies.slice(index * quarter, (index + 1) * quarter))
  const [valid = [], expired = [], suspended = [], full = []] = quarters
  const unknown = Array.from({ length: UNKNOWN_KEYS }, () => ({
    ...bodies[0],
    key: generateKey('TO', randomBytes(KEY_BYTES)),
  }))
  const expect = (expected: string, each: readonly unknown[]) => ({
    server,
    requests: buildRequests(each, { expected, headerOf: formatAddress }),
  })
  const contenders = {
    valid: expect('"valid":true', valid),
    expired: expect('"LICENSE_EXPIRED"', expired),
    suspended: expect('"LICENSE_SUSPENDED"', suspended),
    'another device than allowed': expect(
      '"DEVICE_LIMIT_REACHED"',
      full.map((body) => ({ ...body, fingerprint: 'another' })),
    ),
    'another product': expect(
      '"PRODUCT_MISMATCH"',
      valid.map((body) => ({ ...body, product: 'another' })),
    ),
    'an unknown key': expect('"LICENSE_NOT_FOUND"', unknown),
    'a mistyped key': expect(
      '"LICENSE_KEY_MALFORMED"',
      unknown.map((body) => ({ ...body, key: mistype(body.key) })),
    ),
  }
  await warmUp(Object.values(contenders))
  const turns = await takeTurns(contenders, { rounds, seconds, connections: 32 })
  for (const [name, each] of Object.entries(turns)) addRate(report, name, each)
  for (const [name, each] of Object.entries(turns)) {
    if (each === turns.valid) continue
    report.add({
      name: `CPU, ${name} / valid`,
      values: listRatios(each, turns.valid, 'cpuMicros'),
      unit: '×',
      target: { atMost: NO_SLOWER },
    })
  }
}

/** Makes the second quarter of the licenses expire, suspends the third and fills the last. */
function changeLicenses(workspace: Workspace, quarter: number): void {
  using db = workspace.openDatabase()
  const change = (set: string, index: number) =>
    // The first row is the license that all others were copied from.
    db.run(`UPDATE licenses SET ${set} WHERE rowid > 1 + ${index * quarter}
      AND rowid <= 1 + ${(index + 1) * quarter}`)
  change(
    'expires_at_ms = 1, ends_at_ms = 1, expired_notified_at_ms = 2, expiring_notified_at_ms = 1',
    1,
  )
  change('suspended_at_ms = 1', 2)
  change(`overrides = '{"maxDevices":1}'`, 3)
}

/** Returns a header with an address of its own, because failures of one address are limited. */
function formatAddress(index: number): string {
  return `X-Forwarded-For: 10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
}

/** Returns the key with another last symbol. */
const mistype = (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
