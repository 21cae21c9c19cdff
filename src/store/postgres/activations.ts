import type { Activation } from '~/domain/activations.ts'
import type { Activations } from '../port.ts'
import { AFTER_ALL_IDS, cutPageById } from '../shared/pages.ts'
import type { Engine, Reading } from './engine.ts'
import { selectRow, selectRows } from './rows.ts'
import { activations } from './schema.ts'

export function createActivations(engine: Engine): Activations {
  return {
    list: async (licenseId, { limit, after }) => {
      // Shows what was recorded before. If that cannot be written, the rest can be read.
      await engine.lastSeen.flush().catch(() => undefined)
      const rows = await selectActivations(
        engine,
        `license_id = $1 AND id < $2 AND (NOT is_free OR kind = 'domain')
         ORDER BY id DESC LIMIT $3`,
        [licenseId, after ?? AFTER_ALL_IDS, limit + 1],
      )
      return cutPageById(rows, limit)
    },
    find: async (licenseId, names) => {
      for (const name of names) {
        const activation = await readByName(engine, licenseId, name)
        if (activation !== null) return activation
      }
      return null
    },
    findByExternalId: async (licenseId, id) =>
      (await readByExternalId(engine, licenseId, id)) ?? readById(engine, licenseId, id),
    recordSeen: (activation, atMs) => engine.lastSeen.recordActivation(activation, atMs),
  }
}

/** Reads the activations that meet a condition, with `$1` and so on. */
export function selectActivations(
  reading: Reading,
  condition: string,
  values: readonly unknown[],
): Promise<Activation[]> {
  return selectRows(reading, activations, undefined, `WHERE ${condition}`, values)
}

async function readByName(
  reading: Reading,
  licenseId: string,
  name: string,
): Promise<Activation | null> {
  return (
    (await readById(reading, licenseId, name)) ??
    (await readByValue(reading, licenseId, 'device', name)) ??
    (await readByValue(reading, licenseId, 'domain', name))
  )
}

export function readById(reading: Reading, licenseId: string, id: string) {
  const condition = 'WHERE license_id = $1 AND id = $2'
  return selectRow(reading, activations, undefined, condition, [licenseId, id])
}

function readByExternalId(reading: Reading, licenseId: string, externalId: string) {
  const condition = 'WHERE license_id = $1 AND external_id = $2'
  return selectRow(reading, activations, undefined, condition, [licenseId, externalId])
}

export function readByValue(
  reading: Reading,
  licenseId: string,
  kind: Activation['kind'],
  value: string,
): Promise<Activation | null> {
  const condition = 'WHERE license_id = $1 AND kind = $2 AND value = $3'
  return selectRow(reading, activations, undefined, condition, [licenseId, kind, value])
}
