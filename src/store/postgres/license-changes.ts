import type { Change } from '~/domain/decisions.ts'
import type { License } from '~/domain/licenses.ts'
import { listSearchWords } from '~/domain/search-words.ts'
import { type ChangeOf, foldCustomer } from '../shared/decisions.ts'
import type { Tx } from './engine.ts'
import { sendFile, sendReturn } from './license-files.ts'
import { insertRows, updateRow } from './rows.ts'
import { deactivations, licenses, seats } from './schema.ts'
import type { Writer } from './writer.ts'

/** The parts that the changes of a decision need. */
export interface Writing {
  readonly tx: Tx
  readonly writer: Writer
  /** Returns a license as the changes before this one have left it. */
  readonly current: (id: string) => License
  readonly eventCounts: ReadonlyMap<string | null, number>
}

type Appliers = {
  readonly [Type in Change['type']]: (writing: Writing, change: ChangeOf<Type>) => void
}

const appliers: Appliers = {
  'license.create': ({ writer, eventCounts }, { license }) => {
    // Its events are numbered in memory.
    const eventSequence = eventCounts.get(license.id) ?? 0
    const folded = { customerEmailFolded: null, customerNameFolded: null, ...foldCustomer(license) }
    writer.insertLicense({ ...license, ...folded, eventSequence, validationCount: 0 })
    for (const word of listSearchWords(license)) {
      writer.insertWord({ word, licenseId: license.id })
    }
  },
  'license.update': ({ tx, writer, current }, { licenseId: id, set }) => {
    replaceSearchWords(writer, current(id), set)
    writer.send(() => updateRow(tx, licenses, id, { ...set, ...foldCustomer(set) }))
  },
  'license.rekey': replaceKey,
  'activation.create': ({ writer }, { activation }) => writer.insertActivation(activation),
  'activation.delete': ({ writer }, { activation }) => writer.deleteActivation(activation),
  'activation.see': ({ writer }, { activation, atMs }) =>
    writer.run('UPDATE activations SET last_seen_at_ms = $2 WHERE id = $1', [activation.id, atMs]),
  'deactivation.count': ({ tx, writer }, { licenseId, atMs }) =>
    writer.send(() => insertRows(tx, deactivations, [{ licenseId, atMs }])),
  'seat.create': ({ tx, writer }, { seat }) => writer.send(() => insertRows(tx, seats, [seat])),
  'seat.update': ({ tx, writer }, { seat }) =>
    writer.send(() => updateRow(tx, seats, seat.id, seat)),
  'seat.delete': ({ writer }, { seat }) => writer.run('DELETE FROM seats WHERE id = $1', [seat.id]),
  'file.create': ({ tx, writer }, { file }) => sendFile(tx, writer, file),
  'file.return': ({ writer }, { file, atMs }) => sendReturn(writer, file, atMs),
}

/** Sends the statements of one change. */
export function sendChange<Type extends Change['type']>(
  writing: Writing,
  change: ChangeOf<Type>,
): void {
  const apply: Appliers[Type] = appliers[change.type as Type]
  apply(writing, change)
}

function replaceSearchWords(writer: Writer, former: License, set: Partial<License>): void {
  if (!('customerEmail' in set || 'customerName' in set || 'externalRef' in set)) return
  const { id: licenseId } = former
  const words = new Set(listSearchWords({ ...former, ...set }))
  const formerWords = new Set(listSearchWords(former))
  for (const word of formerWords.difference(words)) {
    const text = 'DELETE FROM search_words WHERE word = $1 AND license_id = $2'
    writer.run(text, [word, licenseId])
  }
  for (const word of words.difference(formerWords)) writer.insertWord({ word, licenseId })
}

/**
 * Keeps at most one former key: a rotation ends an earlier overlap. A former key that is issued to
 * another license and rotated away again belongs to the license that had it last.
 */
function replaceKey({ tx, writer }: Writing, change: ChangeOf<'license.rekey'>): void {
  const { licenseId, key, formerValidUntilMs } = change
  writer.run('DELETE FROM former_keys WHERE license_id = $1', [licenseId])
  if (formerValidUntilMs !== null) {
    writer.run(
      `INSERT INTO former_keys (key_hash, license_id, rotated_at_ms, valid_until_ms)
       SELECT key_hash, id, $2::bigint, $3::bigint FROM licenses WHERE id = $1
       ON CONFLICT (key_hash) DO UPDATE SET license_id = excluded.license_id,
         rotated_at_ms = excluded.rotated_at_ms, valid_until_ms = excluded.valid_until_ms`,
      [licenseId, tx.clock.nowMs(), formerValidUntilMs],
    )
  }
  writer.send(() => updateRow(tx, licenses, licenseId, key))
  writer.run('DELETE FROM portal_sessions WHERE license_id = $1', [licenseId])
}
