import type { Activation, LicenseState } from '../activations.ts'
import { type Decision, unchanged } from '../decisions.ts'

/** Whether a machine has sent a heartbeat, or was used in another way, since it was activated. */
export const hasHeartbeat = ({ createdAtMs, lastSeenAtMs }: Activation): boolean =>
  lastSeenAtMs > createdAtMs

/**
 * Returns the machine after its heartbeat; null if there is none. Only the first one is written at once, as
 * the machine is alive from then on. The time of later ones is kept in memory.
 */
export function decideHeartbeat(
  { device }: LicenseState,
  nowMs: number,
): Decision<Activation | null> {
  if (device === null || hasHeartbeat(device)) return unchanged(device)
  const atMs = Math.max(nowMs, device.createdAtMs + 1)
  const changes = [{ type: 'activation.see', activation: device, atMs }] as const
  return { result: { ...device, lastSeenAtMs: atMs }, changes, events: [] }
}
