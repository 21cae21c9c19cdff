import { expect, test } from 'bun:test'
import { decideHeartbeat, hasHeartbeat } from '~/domain/compat/keygen-heartbeats.ts'
import { aDevice, aLicenseState, startMs } from '../../support/samples.ts'

const device = aDevice(aLicenseState(), 'mac-1')
const decide = (found: typeof device | null, nowMs: number) =>
  decideHeartbeat(aLicenseState({ activationState: { device: found } }), nowMs)

test('Keygen: the first heartbeat of a machine is written, even if it comes at once', () => {
  for (const [nowMs, atMs] of [
    [startMs, startMs + 1],
    [startMs + 90_000, startMs + 90_000],
  ] as const) {
    const { result, changes, events } = decide(device, nowMs)
    expect(changes).toEqual([{ type: 'activation.see', activation: device, atMs }])
    expect(events).toEqual([])
    expect(result).toMatchObject({ lastSeenAtMs: atMs })
    expect(result && hasHeartbeat(result)).toBe(true)
  }
})

test('Keygen: later heartbeats write nothing', () => {
  const alive = { ...device, lastSeenAtMs: startMs + 1 }
  expect(decide(alive, startMs + 600_000)).toMatchObject({ result: alive, changes: [] })
})

test('Keygen: a machine that was deactivated meanwhile has no heartbeat', () => {
  expect(decide(null, startMs)).toMatchObject({ result: null, changes: [] })
})
