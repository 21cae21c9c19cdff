import { type AuditHead, buildAuditRow } from '../shared/audit-rows.ts'
import type { Tx } from './engine.ts'
import { lockHead, writeHead } from './heads.ts'
import { insertRows } from './rows.ts'
import { audit } from './schema.ts'

/**
 * Appends the actions of a transaction to the audit, and forgets them. Comes last: all other transactions with actions
 * wait from here to the commit, because each hash covers the one before it.
 */
export async function writeAudit(tx: Tx): Promise<void> {
  if (tx.audit.length === 0) return
  let head: AuditHead = await lockHead(tx, 'audit')
  const rows = tx.audit.splice(0).map(({ origin, action }) => {
    const row = buildAuditRow(head, origin, action)
    head = { number: row.position, hash: row.hash }
    return row
  })
  await Promise.all([insertRows(tx, audit, rows), writeHead(tx, 'audit', head)])
}
