import { getTableColumns } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { ImportState } from '~/domain/imports.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import type { Imports, ImportTarget } from '../imports-port.ts'
import { HASHING, readHashingRow, toHashingRow } from '../shared/key-hashings.ts'
import { toLicense } from '../shared/licenses.ts'
import { runCommandInSteps } from './commands.ts'
import type { Db } from './connection.ts'
import { applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { requirePlan } from './licenses.ts'
import { readPlan } from './plans.ts'
import { prepareInsert, prepareSelect, prepareSelectAll } from './rows.ts'
import { activations, licenses, meta } from './schema.ts'

export function prepareImports(db: Db) {
  const names = Object.keys(getTableColumns(activations)) as (keyof Activation)[]
  const holder = ['id', 'externalRef'] as const
  return {
    byReference: prepareSelect(db, licenses, undefined, 'external_ref = ? ORDER BY id LIMIT 1'),
    holderOf: prepareSelect(db, licenses, holder, 'key_hash = ?'),
    formerHolderOf: prepareSelect(
      db,
      licenses,
      holder,
      `id = (SELECT license_id FROM former_keys WHERE key_hash = ? AND valid_until_ms > ?)`,
    ),
    namedActivations: prepareSelectAll(
      db,
      activations,
      names,
      // Each part uses an index, since a license may have thousands.
      `id IN (
        SELECT id FROM activations WHERE license_id = ?1 AND kind IN ('domain', 'device')
          AND value IN (SELECT value FROM json_each(?2))
        UNION SELECT id FROM activations WHERE license_id = ?1
          AND external_id IN (SELECT value FROM json_each(?2)))`,
    ),
    addHashing: prepareInsert(db, meta, undefined, 'ON CONFLICT (name) DO NOTHING'),
    hashings: prepareSelectAll(db, meta, undefined, `name GLOB '${HASHING}*'`),
    pending: prepareSelect(
      db,
      licenses,
      ['id', 'keyHash'],
      'key_hash IN (SELECT value FROM json_each(?1)) LIMIT 1',
    ),
  }
}

export function createImports(engine: Engine): Imports {
  return {
    read: (targets, nowMs) => runInTurns(readStates(engine.committed, targets, nowMs)),
    apply: async (targets, context, decide) =>
      runCommandInSteps(engine, context, function* () {
        const states = yield* readStates(engine, targets, context.nowMs)
        const { result } = yield* applyInSteps(engine, context, decide(states))
        return result
      }),
    addHashing: async (hashing) =>
      engine.transact(() => void engine.statements.imports.addHashing(toHashingRow(hashing))),
    listHashings: async () =>
      engine.committed.statements.imports.hashings().flatMap(readHashingRow),
    findPending: async (keyHashes) => {
      const { pending } = engine.committed.statements.imports
      return pending(JSON.stringify(keyHashes))
    },
  }
}

function* readStates(
  reading: Reading,
  targets: readonly ImportTarget[],
  nowMs: number,
): Steps<ImportState[]> {
  const states: ImportState[] = []
  for (const target of targets) {
    states.push(readState(reading, target, nowMs))
    yield
  }
  return states
}

function readState(reading: Reading, target: ImportTarget, nowMs: number): ImportState {
  const { holderOf, formerHolderOf, namedActivations } = reading.statements.imports
  const { externalRef, keyHash, planSlug, activationNames } = target
  // First, because what another import adds meanwhile is no other license with this key.
  const keyHolder = keyHash === null ? null : (holderOf(keyHash) ?? formerHolderOf(keyHash, nowMs))
  const existing = readExisting(reading, externalRef)
  const names = existing === null || activationNames.length === 0 ? null : activationNames
  return {
    plan: planSlug === null ? null : readPlan(reading, planSlug),
    existing,
    keyHolder,
    activations:
      names === null ? [] : namedActivations(existing?.license.id ?? '', JSON.stringify(names)),
  }
}

function readExisting(reading: Reading, externalRef: string): LicenseSnapshot | null {
  const row = reading.statements.imports.byReference(externalRef)
  if (row === null) return null
  const license = toLicense(row)
  return { license, plan: requirePlan(reading, license.planSlug) }
}
